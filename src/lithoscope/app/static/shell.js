// Tells the browser the page's language, lets the reader choose it, and light, dark or the system's colours,
// and says in place of each map where the browser cannot draw any.
const drawsMaps = () => {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
};
const VERSION = "v2";
const key = (path) => `stActiveTheme-${path}-${VERSION}`;
const colours = () => {
  try {
    return JSON.parse(window.localStorage.getItem(key(window.location.pathname))) || "System";
  } catch {
    return "System";
  }
};
const choices = (label, options, now, choose) => {
  const group = document.createElement("fieldset");
  const legend = document.createElement("legend");
  legend.textContent = label;
  const buttons = options.map(([name, text]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.setAttribute("aria-pressed", String(name === now));
    button.addEventListener("click", () => name === now || choose(name));
    return button;
  });
  group.append(legend, ...buttons);
  return group;
};
// On a telephone the navigation makes way for the page that was chosen in it. Once: a module runs once.
document.addEventListener("click", ({ target }) => {
  if (window.innerWidth >= 768 || !target.closest?.("[data-testid=stSidebar] [data-testid=stPageLink] a")) return;
  document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
});
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = document.documentElement;
  root.lang = data.language;
  root.style.setProperty("--ls-no-maps", JSON.stringify(data.noMaps));
  window.setTimeout(() => (root.dataset.maps ??= drawsMaps() ? "drawn" : "none"));
  const keep = (name) => {
    for (const path of [...data.paths, window.location.pathname]) {
      window.localStorage.setItem(key(path), JSON.stringify(name));
    }
    window.location.reload();
  };
  let place = parentElement.querySelector("div.choices");
  if (!place) {
    place = document.createElement("div");
    place.className = "choices";
    const style = document.createElement("style");
    style.textContent = STYLE;
    parentElement.append(style, place);
  }
  const speak = (language) => setTriggerValue("language", language);
  const languages = choices("Language / Langue", data.languages, data.language, speak);
  languages.querySelectorAll("button").forEach((button, i) => (button.lang = data.languages[i][0]));
  const focused = [...place.querySelectorAll("button")].indexOf(parentElement.activeElement);
  place.replaceChildren(languages, choices(data.colours, data.themes, colours(), keep));
  place.querySelectorAll("button")[focused]?.focus();
}
