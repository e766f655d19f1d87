// One series over time. Raw readings have the minute's band beside them; longer spans are averages within their own.
import { h, fill, say } from "./dom.js";
import { moment, plural, value } from "./text.js";
import { ask } from "./api.js";
import { Chart } from "./chart.js";
import { Refresh } from "./refresh.js";
import { alertLink } from "./alertactions.js";
import { updateSparkline, sparkline } from "./sparkline.js";

const resolutions = { raw: "every reading", "1m": "averages of a minute", "1h": "averages of an hour", "1d": "averages of a day" };

export class Series {
  constructor(device, sensor, unit, seconds) {
    Object.assign(this, { device, sensor, seconds, marks: [], anomalies: [] });
    const format = number => `${value(number)}${unit ? ` ${unit}` : ""}`;
    this.chart = new Chart(`${sensor}${unit ? `, ${unit}` : ""}`, [
      { label: "", color: "--accent", band: true }, { label: "least to most", color: "--accent", band: true },
      { label: "value", spoken: "value", color: "--series-1" },
    ], format, {
      height: 220, zero: false, bands: [[2, 1]], marks: () => this.marks, note: time => this.#noteAt(time), isLong: () => this.seconds > 86400,
    });
    this.now = h("p", { class: "now" }, h("b", { class: "number" }), sparkline(), h("span", { class: "faint" }));
    this.trouble = h("div");
    this.found = h("div");
    this.element = h("section", { class: "one-series", "aria-label": sensor }, this.now, this.chart.element, this.trouble, this.found);
    this.refresh = new Refresh(() => this.#load(), data => this.#show(data), this.trouble, 5000);
  }

  close() {
    this.refresh.close();
    this.chart.close();
  }

  choose(seconds) {
    this.seconds = seconds;
    this.refresh.now();
  }

  /** The last value, as the devices' list has it. */
  tell(sensor) {
    const [text, line] = this.now.children;
    say(text, `${value(sensor.value)} ${sensor.unit ?? ""}`.trim());
    updateSparkline(line, sensor.recent ?? [], sensor.sensor);
  }

  #load() {
    // The second that has begun is in it. Microseconds, as the monitor writes times itself.
    const to = Math.ceil(Date.now() / 1000);
    const time = seconds => new Date(seconds * 1000).toISOString().replace("Z", "000Z");
    const path = `/api/series/${encodeURIComponent(this.device)}/${encodeURIComponent(this.sensor)}`;
    return ask(path, { from: time(to - this.seconds), to: time(to), points: 600 });
  }

  #show(data) {
    const isRaw = data.resolution === "raw";
    const points = data.points ?? [];
    const band = isRaw ? (data.band ?? []).map(([time, , low, high]) => [time, low, high]) : points.map(([time, , low, high]) => [time, low, high]);
    this.#mark(data, points);
    this.chart.update(columns(points, band, isRaw ? 0 : step(data.resolution)), [Date.parse(data.from) / 1000, Date.parse(data.to) / 1000]);
    say(this.now.lastChild, points.length === 0 ? "no reading in this time" : `${resolutions[data.resolution] ?? data.resolution}, ${plural(points.length, "point")}`);
    this.#tellFound(data);
  }

  #mark({ anomalies = [], alerts = [] }, points) {
    this.anomalies = anomalies;
    const at = iso => Date.parse(iso) / 1000;
    const fromAlerts = alerts.filter(alert => typeof alert.value === "number").map(alert => [at(alert.timestamp), alert.value, "--bad"]);
    this.marks = [...anomalies.map(one => [at(one.time), one.value, "--warn"]), ...fromAlerts];
  }

  #noteAt(time) {
    const near = this.anomalies.find(one => Math.abs(Date.parse(one.time) / 1000 - time) < 0.5);
    return near ? `; anomaly: ${near.why}` : "";
  }

  #tellFound({ anomalies = [], alerts = [] }) {
    const items = [
      ...alerts.map(alert => h("li", {}, h("span", { class: "mark alert", "aria-hidden": "true" }), "alert ", alertLink(alert, `${moment(alert.timestamp)} UTC`), ` ${alert.state}: ${alert.why}`)),
      ...anomalies.slice(-20).reverse().map(one => h("li", {}, h("span", { class: "mark anomaly", "aria-hidden": "true" }),
        `anomaly ${moment(one.time)} UTC, ${one.detector}, score ${value(one.score)}: ${one.why ?? ""}`)),
    ];
    const text = JSON.stringify([anomalies.length, alerts.map(alert => [alert.id, alert.state])]);
    if (text === this.told) return;
    this.told = text;
    const heading = `${plural(alerts.length, "alert")} and ${plural(anomalies.length, "anomaly", "anomalies")} in this time`;
    const isOpen = this.found.firstChild?.open ?? false;
    fill(this.found, items.length > 0 && h("details", { open: isOpen }, h("summary", {}, heading), h("ul", { class: "found" }, items)));
  }
}

function step(resolution) {
  return { "1m": 60, "1h": 3600, "1d": 86400 }[resolution] ?? 0;
}

/**
 * One time axis for the line and the band. Each has values only at its own times: what lies between is neither gap nor value
 * (`undefined`), what is missing is a gap (`null`).
 */
export function columns(points, band, interval) {
  const usual = interval || usualGap(points);
  const rows = new Map();
  const at = time => rows.get(time) ?? rows.set(time, [undefined, undefined, undefined]).get(time);
  insert(points, usual, (time, point) => { at(time)[2] = point && point[1]; });
  insert(band, interval || 60, (time, point) => {
    const row = at(time);
    [row[0], row[1]] = point ? [point[1], point[2]] : [null, null];
  });
  const sorted = [...rows.entries()].sort(([left], [right]) => left - right);
  return [sorted.map(([time]) => time), ...[0, 1, 2].map(place => widen(sorted.map(([, row]) => row[place])))];
}

/** A gap lasts until the next value: the times of the other columns in it are no end of it. */
function widen(column) {
  let isGap = false;
  return column.map(value => {
    if (value !== undefined) isGap = value === null;
    return isGap ? null : value;
  });
}

function insert(points, interval, put) {
  points.forEach((point, index) => {
    const before = points[index - 1]?.[0];
    if (before !== undefined && interval > 0 && point[0] - before > interval * 2.5) put(before + interval, null);
    put(point[0], point);
  });
}

/** The median distance of neighbours: a series has no rate of its own. */
function usualGap(points) {
  const gaps = points.slice(1).map((point, index) => point[0] - points[index][0]).sort((left, right) => left - right);
  return Math.max(1, (gaps[gaps.length >> 1] ?? 0) * 2);
}
