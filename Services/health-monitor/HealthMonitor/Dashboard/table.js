// Tables that become cards on a telephone: each cell then names its column.
import { h } from "./dom.js";

/** @param rows arrays of what is in the cells: texts or elements; the first cell names its row */
export function table(caption, columns, rows, { isHidden = false } = {}) {
  return h("table", { class: "cards" },
    h("caption", { class: isHidden ? "unseen" : false }, caption),
    h("thead", {}, h("tr", {}, columns.map(column => h("th", { scope: "col" }, column)))),
    h("tbody", {}, rows.map(cells => row(columns, cells))));
}

export function row(columns, cells) {
  return h("tr", {}, cells.map((content, index) => {
    const attributes = { "data-column": columns[index] };
    return index === 0 ? h("th", { scope: "row", ...attributes }, content) : h("td", attributes, content);
  }));
}

/** What to show where there is nothing: what that means, and what to do. */
export function empty(...words) {
  return h("p", { class: "empty" }, words);
}
