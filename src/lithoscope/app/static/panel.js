// Brings a site that was just opened into sight, and the keyboard to its heading.
export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.host || parentElement;
  if (host.dataset.opened === data.opened) return;
  host.dataset.opened = data.opened;
  const panel = host.closest("[data-testid=stColumn]") || host;
  const show = () => {
    const { top } = panel.getBoundingClientRect();
    const isSeen = top >= 0 && top < window.innerHeight * 0.6;
    const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!isSeen) panel.scrollIntoView({ block: "start", behavior: isCalm ? "auto" : "smooth" });
    const heading = panel.querySelector("h2, h3");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  };
  window.setTimeout(show, 150); // what stands above it may still be drawn
}
