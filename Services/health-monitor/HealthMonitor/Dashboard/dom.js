// Elements are made by calls and what data says is only ever text: nothing that a device sends can become markup.

const svgNamespace = "http://www.w3.org/2000/svg";

/** Makes an HTML element. Attributes of the form `onclick` are listeners; `false`, `null` and `undefined` leave one out. */
export function h(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(svgNamespace, tag), attributes, children);
}

function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else set(element, name, value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Sets or takes away an attribute, and touches the document only where something changes. */
export function set(element, name, value) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Gives an element this text, unless it has it: a selection in it, or a reader at it, is not disturbed. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/**
 * Makes the children of an element one for each item, in this order, and keeps those that are there: the focus stays where it is.
 *
 * @param make (item) => element
 * @param update (element, item) => void, called for new ones too
 */
export function keyed(parent, items, key, make, update) {
  const known = childrenByKey(parent);
  let before = null;
  for (const item of items) {
    const name = String(key(item));
    let child = known.get(name);
    known.delete(name);
    if (!child) {
      child = make(item);
      child.dataset.key = name;
    }
    update(child, item);
    const place = before ? before.nextElementSibling : parent.firstElementChild;
    if (child !== place) parent.insertBefore(child, place);
    before = child;
  }
  for (const child of known.values()) child.remove();
}

/** Without those of a key that another has already: they would stay for ever. */
function childrenByKey(parent) {
  const known = new Map();
  for (const child of [...parent.children]) {
    if (known.has(child.dataset.key)) child.remove();
    else known.set(child.dataset.key, child);
  }
  return known;
}

const shapes = {
  disc: ["circle", { cx: 6, cy: 6, r: 4.5 }],
  ring: ["circle", { cx: 6, cy: 6, r: 3.8, class: "hollow" }],
  half: ["path", { d: "M6 1.5a4.5 4.5 0 0 1 0 9zM6 1.5a4.5 4.5 0 0 0 0 9" }],
  triangle: ["path", { d: "M6 1l5 9.5H1z" }],
  diamond: ["path", { d: "M6 .8L11.2 6 6 11.2.8 6z" }],
  cross: ["path", { d: "M2 2l8 8M10 2l-8 8", class: "stroke" }],
};

/** A mark whose form says what its colour says. */
export function shape(name) {
  const [tag, attributes] = shapes[name] ?? shapes.ring;
  return s("svg", { class: "shape", viewBox: "0 0 12 12", "aria-hidden": "true", "data-shape": name }, s(tag, attributes));
}

/** A state as mark and word. */
export function badge(word, tone, form) {
  return h("span", { class: `badge ${tone}` }, shape(form), h("span", {}, word));
}

export function updateBadge(element, word, tone, form) {
  set(element, "class", `badge ${tone}`);
  if (element.firstChild.dataset.shape !== form) element.firstChild.replaceWith(shape(form));
  say(element.lastChild, word);
}
