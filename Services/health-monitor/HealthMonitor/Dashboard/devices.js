// Who sends, who is silent, and the last values of each.
import { h, fill, keyed, say, set } from "./dom.js";
import { ago, moment, plural, value } from "./text.js";
import { ask } from "./api.js";
import { href, replaceQuery } from "./router.js";
import { stateBadge, updateState } from "./states.js";
import { sparkline, updateSparkline } from "./sparkline.js";
import { empty } from "./table.js";
import { Refresh } from "./refresh.js";

const pageSize = 50;
const columns = ["device", "presence", "last seen", "alerts", "sensors"];

export class Devices {
  title = "Devices";

  constructor(main, { query }) {
    this.query = query.get("query") ?? "";
    this.offset = Number(query.get("offset")) || 0;
    this.trouble = h("div");
    this.summary = h("p", { class: "summary", role: "status" });
    this.rows = h("tbody");
    this.table = h("table", { class: "cards devices", hidden: true }, h("caption", { class: "unseen" }, "Devices"),
      h("thead", {}, h("tr", {}, columns.map(column => h("th", { scope: "col" }, column)))), this.rows);
    this.nothing = h("div");
    this.pages = h("nav", { class: "pages", "aria-label": "Pages of devices" });
    main.append(h("h1", { tabindex: "-1" }, "Devices"), this.#search(), this.trouble, this.summary, this.table, this.nothing, this.pages);
    const load = () => ask("/api/devices", { query: this.query, limit: pageSize, offset: this.offset });
    this.refresh = new Refresh(load, data => this.#show(data), this.trouble, 3000);
  }

  close() {
    this.refresh.close();
    clearTimeout(this.typing);
  }

  update() {}

  #search() {
    const typed = event => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.#go(0, event.target.value.trim()), 250);
    };
    return h("form", { class: "filters", role: "search", "aria-label": "Devices", onsubmit: event => event.preventDefault() },
      h("label", {}, "Name has ", h("input", { type: "search", value: this.query, oninput: typed })));
  }

  #go(offset, query = this.query) {
    [this.offset, this.query] = [offset, query];
    replaceQuery(["devices"], { query, offset: offset || "" });
    this.refresh.now();
  }

  #show({ devices = [], total = devices.length }) {
    const range = total > devices.length ? `, ${this.offset + 1} to ${this.offset + devices.length} shown` : "";
    say(this.summary, `${plural(total, "device")}${range}. Those with open alerts come first.`);
    this.table.hidden = devices.length === 0;
    keyed(this.rows, devices, one => one.device, make, update);
    fill(this.nothing, devices.length === 0 && this.#empty());
    this.#turn(total);
  }

  #empty() {
    return this.query ? empty(`No device's name has “${this.query}”. Clear the field to see all.`)
      : empty("No device has sent anything yet. Point one at the broker (topic ", h("code", {}, "sensors/{device}/{sensor}"), "), or try ",
        h("code", {}, "sluice simulate --devices 10"), ".");
  }

  #turn(total) {
    const [isFirst, isLast] = [this.offset === 0, this.offset + pageSize >= total];
    if (isFirst && isLast) return void fill(this.pages);
    if (!this.pages.firstChild) {
      fill(this.pages, h("button", { type: "button", onclick: () => this.#go(Math.max(0, this.offset - pageSize)) }, "Previous"),
        h("button", { type: "button", onclick: () => this.#go(this.offset + pageSize) }, "Next"));
    }
    [this.pages.firstChild.disabled, this.pages.lastChild.disabled] = [isFirst, isLast];
  }
}

function make(one) {
  return h("tr", {}, h("th", { scope: "row", "data-column": "device" }, h("a", { href: href(["devices", one.device]) }, one.device)),
    h("td", { "data-column": "presence" }, stateBadge(one.presence ?? "unknown")), h("td", { "data-column": "last seen" }),
    h("td", { "data-column": "alerts" }), h("td", { "data-column": "sensors" }, h("ul", { class: "sensors" })));
}

function update(row, one) {
  const [, presence, seen, alerts, sensors] = row.cells;
  updateState(presence.firstChild, one.presence ?? "unknown");
  set(presence, "title", one.presence_since && `since ${moment(one.presence_since)} UTC`);
  say(seen, one.last_seen ? ago(one.last_seen) : "never");
  set(seen, "title", one.last_seen && `${moment(one.last_seen)} UTC`);
  updateAlerts(alerts, one);
  keyed(sensors.firstChild, one.sensors ?? [], sensor => sensor.sensor, makeSensor, updateSensor);
}

function updateAlerts(cell, one) {
  const text = one.open_alerts > 0 ? `${one.open_alerts} open` : "none";
  if (cell.textContent === text) return;
  fill(cell, one.open_alerts > 0 ? h("a", { class: "bad-text", href: href(["alerts"], { device: one.device }) }, text) : text);
}

export function makeSensor(sensor) {
  return h("li", {}, h("span", { class: "sensor-name" }, sensor.sensor), h("b", { class: "number" }), sparkline());
}

export function updateSensor(item, sensor) {
  const [, text, line] = item.children;
  say(text, `${value(sensor.value)} ${sensor.unit ?? ""}`.trim());
  set(text, "title", sensor.time && `${moment(sensor.time)} UTC`);
  updateSparkline(line, sensor.recent ?? [], sensor.sensor);
}
