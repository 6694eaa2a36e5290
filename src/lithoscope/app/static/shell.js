// Tells the browser the page's language, lets the reader choose light, dark or the system's colours, and
// says in place of each map where the browser cannot draw any.
const drawsMaps = () => {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
};
export default function (component) {
  const { data, parentElement } = component;
  const root = document.documentElement;
  root.lang = data.language;
  root.style.setProperty("--ls-no-maps", JSON.stringify(data.noMaps));
  window.setTimeout(() => (root.dataset.maps ??= drawsMaps() ? "drawn" : "none"));
  const version = "v2";
  const key = (path) => `stActiveTheme-${path}-${version}`;
  const chosen = () => {
    try {
      return JSON.parse(window.localStorage.getItem(key(window.location.pathname))) || "System";
    } catch {
      return "System";
    }
  };
  const choose = (name) => {
    for (const path of [...data.paths, window.location.pathname]) {
      window.localStorage.setItem(key(path), JSON.stringify(name));
    }
    window.location.reload();
  };
  let group = parentElement.querySelector("fieldset");
  if (!group) {
    group = document.createElement("fieldset");
    const style = document.createElement("style");
    style.textContent = STYLE;
    parentElement.append(style, group);
  }
  const legend = document.createElement("legend");
  legend.textContent = data.label;
  const now = chosen();
  const buttons = data.themes.map(([name, label]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-pressed", String(name === now));
    button.addEventListener("click", () => choose(name));
    return button;
  });
  group.replaceChildren(legend, ...buttons);
}
