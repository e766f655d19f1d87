// One alert: what was found, what became of it, and the way to its sensor.
import { h, fill } from "./dom.js";
import { moment, value, isKnown } from "./text.js";
import { ask } from "./api.js";
import { href } from "./router.js";
import { stateBadge } from "./states.js";
import { table } from "./table.js";
import { Refresh } from "./refresh.js";
import { buttons, subject } from "./alertactions.js";

const columns = ["when (UTC)", "to", "why", "told", "by", "note"];

export class Alert {
  title = "Alert";

  constructor(main, { parts: [, id] }) {
    this.trouble = h("div");
    this.heading = h("h1", { tabindex: "-1" }, "Alert");
    this.body = h("div");
    main.append(h("p", { class: "back" }, h("a", { href: "#/alerts" }, "All alerts")), this.heading, this.trouble, this.body);
    const load = () => ask(`/api/alerts/${encodeURIComponent(id)}`);
    this.refresh = new Refresh(load, data => this.#show(data), this.trouble, 4000);
  }

  close() {
    this.refresh.close();
  }

  update(what) {
    if (what === "alerts") this.refresh.now();
  }

  #show({ alert, transitions = [] }) {
    const text = JSON.stringify([alert, transitions]);
    if (text === this.shown) return;
    this.shown = text;
    fill(this.heading, subject(alert));
    document.title = `${subject(alert)} – Sluice`;
    fill(this.body, h("p", { class: "lead" }, stateBadge(alert.state), " ", stateBadge(alert.severity), " ", alert.why),
      buttons(alert, () => this.refresh.now()),
      h("p", {}, h("a", { href: href(["devices", alert.device_id]) }, `See ${alert.device_id} and its series`)),
      h("dl", { class: "facts" }, facts(alert).map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])),
      table("What became of it", columns, transitions.map(step)));
  }
}

function step(one) {
  return [moment(one.at), stateBadge(one.to), one.why ?? "", one.suppressed_by ? `not told: ${one.suppressed_by}` : one.telling ?? "", one.actor ?? "", one.note ?? ""];
}

function facts(alert) {
  const range = isKnown(alert.expected_low) && isKnown(alert.expected_high) && `${value(alert.expected_low)} to ${value(alert.expected_high)} ${alert.unit ?? ""}`;
  const all = [
    ["detector", alert.detector], ["value", isKnown(alert.value) && `${value(alert.value)} ${alert.unit ?? ""}`], ["expected", range],
    ["score", isKnown(alert.score) && value(alert.score)], ["threshold", isKnown(alert.threshold) && value(alert.threshold)],
    ["reading of", alert.timestamp && `${moment(alert.timestamp)} UTC`], ["fired", alert.fired_at && `${moment(alert.fired_at)} UTC`],
    ["acknowledged", alert.acknowledged_at && `${moment(alert.acknowledged_at)} UTC by ${alert.acknowledged_by}`],
    ["over", alert.resolved_at && `${moment(alert.resolved_at)} UTC`], ["not told, because of", alert.suppressed_by], ["id", alert.id],
  ];
  return all.filter(([, text]) => text);
}
