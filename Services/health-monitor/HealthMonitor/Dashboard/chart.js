// Charts over time: uPlot draws, and this adds what it leaves out: a legend in words, a readout for keys and screen readers, and
// colours that follow the scheme.
import { h, fill, say, set } from "./dom.js";
import { clock } from "./text.js";

const schemes = matchMedia("(prefers-color-scheme: dark)");

/**
 * @typedef {{label: string, color: string, dash?: number[], band?: boolean, fill?: boolean}} Line color: of a CSS variable
 */
export class Chart {
  #data = null;
  #place = null;

  /**
   * @param title what it shows, in words
   * @param lines {Line[]}
   * @param format (value) => text with its unit
   * @param options { height, marks: () => [[time, value, color]…], bands: uPlot's, zero: whether the axis begins there }
   */
  constructor(title, lines, format, options = {}) {
    Object.assign(this, { title, lines, format, options });
    this.legend = h("ul", { class: "legend" });
    this.plot = h("div", { class: "plot", "aria-hidden": "true" });
    this.readout = h("p", { class: "readout" }, "");
    this.frame = h("div", {
      class: "plot-frame", tabindex: "0", role: "slider", "aria-label": `${title}: arrow keys read its values`,
      "aria-valuemin": 0, "aria-valuemax": 0, "aria-valuenow": 0, "aria-valuetext": "no data yet", onkeydown: event => this.#key(event),
    }, this.plot);
    this.element = h("figure", { class: "chart" }, h("figcaption", {}, h("b", {}, title), this.legend), this.frame, this.readout);
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.plot);
    this.repaint = () => this.#make();
    schemes.addEventListener("change", this.repaint);
  }

  close() {
    this.observer.disconnect();
    schemes.removeEventListener("change", this.repaint);
    this.view?.destroy();
  }

  /** @param columns times (Unix seconds, ascending), then one array a line; null is a gap */
  update(columns, range = null) {
    this.#data = columns;
    this.range = range;
    if (this.view && columns[0].length > 0) this.view.setData(columns);
    else this.#make();
    this.#tellLast();
    const isKnown = columns.slice(1).some(column => column.some(value => value !== null && value !== undefined));
    if (!isKnown) say(this.readout, "There is no figure in this time.");
    else if (this.readout.textContent.startsWith("There is no")) say(this.readout, "");
    const last = Math.max(0, columns[0].length - 1);
    set(this.frame, "aria-valuemax", last);
    if (this.#place === null || this.#place > last) this.#read(last, false);
  }

  #make() {
    this.view?.destroy();
    this.view = null;
    const width = Math.floor(this.plot.clientWidth);
    // Without a point there is no time to show.
    if (!this.#data || this.#data[0].length === 0 || width < 40) return;
    const paint = name => getComputedStyle(this.plot).getPropertyValue(name).trim();
    fill(this.plot);
    this.view = new uPlot(this.#settings(width, paint), this.#data, this.plot);
    this.#legend();
  }

  #settings(width, paint) {
    const axis = { stroke: paint("--faint"), grid: { stroke: paint("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    return {
      width, height: this.options.height ?? 170, legend: { show: false }, padding: [8, 12, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: true, range: () => this.#span() }, y: { range: (_, low, high) => this.#extent(low, high) } },
      axes: [
        { ...axis, values: (_, ticks, __, ___, step) => ticks.map(tick => tickText(tick, step)), space: 70, size: 28 },
        { ...axis, values: (_, ticks) => ticks.map(this.format), size: (_, texts) => Math.max(56, ...(texts ?? []).map(text => text.length * 7 + 14)) },
      ],
      series: [{}, ...this.lines.map(line => ({
        stroke: line.band ? "transparent" : paint(line.color), width: 1.5, dash: line.dash, spanGaps: false,
        fill: line.fill ? paint(`${line.color}-faint`) : undefined, points: { show: line.isPoints ?? false, size: 5, fill: paint(line.color) },
      }))],
      bands: (this.options.bands ?? []).map(band => ({ series: band, fill: paint("--accent-faint") })),
      hooks: { setCursor: [view => this.#follow(view)], draw: [view => this.#marks(view, paint)] },
    };
  }

  /** Of time. uPlot's own for a single point is years long. */
  #span() {
    const [first, last] = [this.#data[0][0], this.#data[0].at(-1)];
    return this.range ?? (last > first ? [first, last] : [first - 30, first + 30]);
  }

  #extent(low, high) {
    if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
    const [bottom, top] = this.options.zero === false ? [low, high] : [Math.min(0, low), Math.max(0, high)];
    const room = (top - bottom) * 0.08 || Math.abs(top) * 0.08 || 1;
    return [this.options.zero === false || bottom < 0 ? bottom - room : 0, top + room];
  }

  #marks(view, paint) {
    const ratio = devicePixelRatio;
    for (const [time, value, color] of this.options.marks?.() ?? []) {
      const [x, y] = [view.valToPos(time, "x", true), view.valToPos(value, "y", true)];
      if (!Number.isFinite(x + y) || x < view.bbox.left || x > view.bbox.left + view.bbox.width) continue;
      triangle(view.ctx, x, y, 7 * ratio, paint(color), paint("--card"), ratio);
    }
  }

  #legend() {
    fill(this.legend, this.lines.filter(line => line.label).map(line => h("li", {},
      h("span", { class: `sample ${line.band ? "area" : line.dash ? "dashed" : line.isPoints ? "dots" : ""} ${line.color.slice(2)}`, "aria-hidden": "true" }),
      line.label, " ", h("b", {}))));
    this.#tellLast();
  }

  #tellLast() {
    const named = this.lines.map((line, index) => [line, index]).filter(([line]) => line.label && !line.band);
    const cells = [...this.legend.children].filter((_, place) => !this.lines.filter(line => line.label)[place].band);
    cells.forEach((cell, place) => {
      const column = this.#data?.[named[place][1] + 1] ?? [];
      const value = column.findLast(one => one !== null && one !== undefined);
      say(cell.querySelector("b"), value === undefined ? "" : this.format(value));
    });
  }

  #resize() {
    const width = Math.floor(this.plot.clientWidth);
    if (!this.view) this.#make();
    else if (width > 40 && width !== this.view.width) this.view.setSize({ width, height: this.view.height });
  }

  #key(event) {
    const last = (this.#data?.[0].length ?? 1) - 1;
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
    const place = event.key === "Home" ? 0 : event.key === "End" ? last : (this.#place ?? last) + (steps[event.key] ?? NaN);
    if (Number.isNaN(place)) return;
    event.preventDefault();
    this.#read(Math.min(last, Math.max(0, place)), true);
  }

  #read(place, isShown) {
    if (place < 0 || !this.#data) return;
    this.#place = place;
    const text = this.#sentence(place);
    set(this.frame, "aria-valuenow", place);
    set(this.frame, "aria-valuetext", text);
    if (!isShown) return;
    say(this.readout, text);
    const left = this.view?.valToPos(this.#data[0][place], "x") ?? -10;
    this.view?.setCursor({ left, top: 10 }, false);
  }

  #follow(view) {
    const place = view.cursor.idx;
    say(this.readout, place === null || place === undefined ? "" : this.#sentence(place));
  }

  #sentence(place) {
    const time = this.#data[0][place];
    if (time === undefined) return "no data yet";
    const words = this.lines.map((line, index) => [line, this.#data[index + 1]?.[place]])
      .filter(([line]) => line.label || line.spoken)
      .map(([line, value]) => `${line.spoken ?? line.label} ${value === null || value === undefined ? "unknown" : this.format(value)}`);
    const note = this.options.note?.(time) ?? "";
    return `${this.options.isLong?.() ? `${new Date(time * 1000).toISOString().slice(0, 10)} ` : ""}${clock(time)} UTC: ${words.join(", ")}${note}`;
  }
}

function tickText(time, step) {
  const text = new Date(time * 1000).toISOString();
  if (step >= 86400) return text.slice(5, 10);
  return step < 60 ? text.slice(11, 19) : text.slice(11, 16);
}

function triangle(context, x, y, size, color, edge, ratio) {
  context.save();
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size * 0.9, y + size * 0.7);
  context.lineTo(x - size * 0.9, y + size * 0.7);
  context.closePath();
  [context.fillStyle, context.strokeStyle, context.lineWidth] = [color, edge, ratio];
  context.fill();
  context.stroke();
  context.restore();
}
