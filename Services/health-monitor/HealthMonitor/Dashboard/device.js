// One device: each of its series over time, with the rollups' band and what detectors found.
import { h, fill, keyed, say } from "./dom.js";
import { ago, moment, plural } from "./text.js";
import { ask } from "./api.js";
import { href, replaceQuery } from "./router.js";
import { stateBadge } from "./states.js";
import { empty } from "./table.js";
import { Refresh } from "./refresh.js";
import { Series } from "./series.js";

const ranges = [["15m", 900, "15 min"], ["1h", 3600, "1 hour"], ["6h", 21600, "6 hours"], ["1d", 86400, "a day"], ["7d", 604800, "a week"], ["30d", 2592000, "30 days"]];

export class Device {
  title = "Device";

  constructor(main, { parts: [, device], query }) {
    this.device = device;
    this.title = device;
    this.range = ranges.find(([name]) => name === query.get("range")) ?? ranges[1];
    this.series = new Map();
    this.trouble = h("div");
    this.facts = h("p", { class: "lead" });
    this.charts = h("div", { class: "series" });
    main.append(h("p", { class: "back" }, h("a", { href: "#/devices" }, "All devices")), h("h1", { tabindex: "-1" }, device),
      this.trouble, this.facts, this.#ranges(), this.charts);
    const load = () => ask(`/api/devices/${encodeURIComponent(device)}`);
    this.refresh = new Refresh(load, data => this.#show(data), this.trouble, 5000);
  }

  close() {
    this.refresh.close();
    for (const series of this.series.values()) series.close();
  }

  update() {}

  #ranges() {
    const choice = range => h("label", {}, h("input", { type: "radio", name: "range", value: range[0], checked: range === this.range,
      onchange: () => this.#choose(range) }), h("span", {}, range[2]));
    return h("fieldset", { class: "segments" }, h("legend", { class: "unseen" }, "Time span"), ranges.map(choice));
  }

  #choose(range) {
    this.range = range;
    replaceQuery(["devices", this.device], { range: range[0] });
    for (const series of this.series.values()) series.choose(range[1]);
  }

  #show(one) {
    const alerts = one.open_alerts > 0 && h("a", { class: "bad-text", href: href(["alerts"], { device: this.device }) }, plural(one.open_alerts, "open alert"));
    const since = one.presence_since ? ` since ${moment(one.presence_since)} UTC` : "";
    fill(this.facts, stateBadge(one.presence ?? "unknown"), `${since}; last seen ${one.last_seen ? ago(one.last_seen) : "never"}; `, alerts || "no open alert");
    const sensors = one.sensors ?? [];
    for (const { sensor, unit } of sensors) {
      if (!this.series.has(sensor)) this.series.set(sensor, new Series(this.device, sensor, unit, this.range[1]));
    }
    keyed(this.charts, sensors, sensor => sensor.sensor, ({ sensor }) => this.series.get(sensor).element,
      (_, sensor) => this.series.get(sensor.sensor).tell(sensor));
    if (sensors.length === 0) fill(this.charts, empty("This device has sent no reading lately. Its last wills and presence are above."));
  }
}
