// Short sentences of what was done or failed; screen readers say them.
import { h } from "./dom.js";

const shownFor = 8000;

export function notice(text, isError = false) {
  const close = h("button", { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: () => item.remove() }, "×");
  const item = h("p", { class: isError ? "notice bad" : "notice" }, h("span", {}, text), close);
  document.getElementById("notices").append(item);
  // What went wrong stays until it is read.
  if (!isError) setTimeout(() => item.remove(), shownFor);
}
