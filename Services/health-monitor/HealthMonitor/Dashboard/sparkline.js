// A line without axes: how a value went of late. What it says is in the words beside it, too.
import { s, set } from "./dom.js";

const [width, height] = [120, 28];

export function sparkline() {
  return s("svg", { class: "sparkline", viewBox: `0 0 ${width} ${height}`, role: "img" }, s("path", { class: "line" }), s("circle", { r: 2.2 }));
}

/** @param recent [[Unix seconds, value]…], oldest first */
export function updateSparkline(element, recent, label) {
  const [line, dot] = element.children;
  const values = recent.map(point => point[1]).filter(Number.isFinite);
  if (values.length === 0) {
    set(line, "d", "");
    set(dot, "visibility", "hidden");
    return set(element, "aria-label", `${label}: no readings lately`);
  }
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [recent[0][0], recent.at(-1)[0]];
  const x = time => 3 + (last > first ? (time - first) / (last - first) : 1) * (width - 6);
  const y = value => high > low ? height - 4 - ((value - low) / (high - low)) * (height - 8) : height / 2;
  set(line, "d", recent.map(([time, value], index) => `${index ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join(""));
  set(dot, "visibility", "visible");
  set(dot, "cx", x(last).toFixed(1));
  set(dot, "cy", y(recent.at(-1)[1]).toFixed(1));
  set(element, "aria-label", `${label}: the last ${values.length} between ${low.toPrecision(4)} and ${high.toPrecision(4)}`);
}
