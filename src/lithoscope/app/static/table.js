// A table that a keyboard and a screen reader can use. All text is set as text, never as HTML.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
    }
    for (const child of children) if (child !== null && child !== undefined) element.append(child);
    return element;
  };
  let root = parentElement.querySelector(".table-root");
  if (!root) {
    root = make("div", { class: "table-root" });
    parentElement.append(make("style", {}, STYLE), root);
  }
  const link = (text, href, id) => {
    const anchor = make("a", { href, "data-key": id }, text);
    if (id) {
      anchor.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        root.dataset.opened = id;
        setTriggerValue("open", id);
      });
    } else {
      anchor.target = "_blank";
      anchor.rel = "noopener noreferrer";
    }
    return anchor;
  };
  const cellOf = (cell, row, column, isFirst) => {
    const part = cell !== null && typeof cell === "object" ? cell : { t: cell };
    const text = part.t === null || part.t === undefined ? "" : String(part.t);
    const body = document.createDocumentFragment();
    if (part.c) body.append(make("span", { class: "swatch", style: `background:${part.c}`, "aria-hidden": "true" }));
    if (isFirst && row.id) body.append(link(text, row.href, row.id));
    else if (part.href) body.append(link(text, part.href, null));
    else body.append(part.dim ? make("span", { class: "dim" }, text) : text);
    if (part.sub) body.append(make("div", { class: "sub" }, part.sub));
    const isLong = Math.max(text.length, (part.sub || "").length) > 24;
    return make(isFirst ? "th" : "td", { scope: isFirst ? "row" : null, class: column.align || (isLong ? "long" : null) }, body);
  };
  const headOf = (column) => {
    const head = make("th", { scope: "col", class: column.align || null, title: column.help || null });
    if (!column.sort) {
      head.append(column.label);
      return head;
    }
    const direction = data.sort === column.sort ? "ascending" : data.sort === "-" + column.sort ? "descending" : "none";
    head.setAttribute("aria-sort", direction);
    const mark = { ascending: " ▲", descending: " ▼", none: "" }[direction];
    const button = make("button", { type: "button", "data-key": column.sort }, column.label, make("span", { "aria-hidden": "true" }, mark));
    button.addEventListener("click", () =>
      setTriggerValue("sort", direction === "descending" ? column.sort : "-" + column.sort));
    head.append(button);
    return head;
  };
  const rows = data.rows.map((row) =>
    make("tr", { "aria-current": row.selected ? "true" : null },
      ...row.cells.map((cell, i) => cellOf(cell, row, data.columns[i], i === 0))));
  const widths = data.widths
    ? make("colgroup", {}, ...data.widths.map((width) => make("col", { style: `width:${width}%` })))
    : null;
  const wide = widths && data.widths.length > 4 ? `min-width:${6.25 * data.widths.length}rem` : null;
  const table = make("table", { class: widths ? "fixed" : null, style: wide },
    make("caption", { class: data.hide_caption ? "unseen" : null }, data.caption),
    widths,
    data.hide_head ? null : make("thead", {}, make("tr", {}, ...data.columns.map(headOf))),
    make("tbody", {}, ...rows));
  const parts = [make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": data.caption }, table)];
  if (data.pages) {
    const turn = (label, page) => {
      const button = make("button", { type: "button", "data-key": "turn " + label, disabled: page === null ? "" : null }, label);
      button.addEventListener("click", () => setTriggerValue("page", page));
      return button;
    };
    parts.push(make("nav", { "aria-label": data.pages.label },
      turn(data.pages.former, data.pages.former_page), make("span", { role: "status" }, data.pages.text),
      turn(data.pages.next, data.pages.next_page)));
  }
  // The browser forgets the focus of what is replaced: give it to the same control again; and to the row
  // that was opened here once what it opened is closed.
  let focused = parentElement.activeElement && parentElement.activeElement.dataset.key;
  const isOpen = data.rows.some((row) => row.selected);
  if (root.dataset.shown !== undefined && !isOpen) {
    focused = root.dataset.opened;
    delete root.dataset.opened;
  }
  if (isOpen && root.dataset.opened) root.dataset.shown = "";
  else delete root.dataset.shown;
  root.replaceChildren(...parts);
  const again = focused && [...root.querySelectorAll("[data-key]")].find((each) => each.dataset.key === focused);
  if (again) again.focus();
}
