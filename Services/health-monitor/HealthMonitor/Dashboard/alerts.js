// What is wrong, what was, and what is silenced.
import { h, fill, keyed, say, set } from "./dom.js";
import { ago, moment, plural } from "./text.js";
import { ask } from "./api.js";
import { replaceQuery } from "./router.js";
import { stateBadge, updateState } from "./states.js";
import { empty } from "./table.js";
import { Refresh } from "./refresh.js";
import { alertLink, buttons, endSilence } from "./alertactions.js";

const columns = ["alert", "state", "severity", "detector", "what was found", "since", "do"];

export class Alerts {
  title = "Alerts";

  constructor(main, { query }) {
    this.query = { state: query.get("state") ?? "", device: query.get("device") ?? "", severity: query.get("severity") ?? "" };
    this.trouble = h("div");
    this.summary = h("p", { class: "summary", role: "status" });
    this.rows = h("tbody");
    this.table = h("table", { class: "cards", hidden: true }, h("caption", { class: "unseen" }, "Alerts"),
      h("thead", {}, h("tr", {}, columns.map(column => h("th", { scope: "col" }, column)))), this.rows);
    this.nothing = h("div");
    this.silences = h("div");
    main.append(h("h1", { tabindex: "-1" }, "Alerts"), this.#filters(), this.trouble, this.summary, this.table, this.nothing,
      h("section", { "aria-labelledby": "silences-heading" }, h("h2", { id: "silences-heading" }, "Silences"), this.silences));
    this.refresh = new Refresh(() => this.#load(), data => this.#show(data), this.trouble, 5000);
  }

  close() {
    this.refresh.close();
  }

  update(what) {
    if (what === "alerts") this.refresh.now();
  }

  async #load() {
    const [alerts, silences] = await Promise.all([ask("/api/alerts", { ...this.query, limit: 200 }), ask("/api/silences")]);
    return { ...alerts, silences: silences.silences ?? [] };
  }

  #filters() {
    const states = [["", "open"], ["firing", "firing"], ["acknowledged", "acknowledged"], ["pending", "pending"], ["resolved", "resolved"], ["all", "all"]];
    const severities = [["", "any"], ["critical", "critical"], ["warning", "warning"], ["info", "info"]];
    return h("form", { class: "filters", role: "search", "aria-label": "Alerts", onsubmit: event => event.preventDefault() },
      this.#select("state", "State", states), this.#select("severity", "Severity", severities),
      h("label", {}, "Device ", h("input", { type: "search", value: this.query.device, onchange: event => this.#choose("device", event) })));
  }

  #select(name, label, options) {
    return h("label", {}, `${label} `, h("select", { onchange: event => this.#choose(name, event) },
      options.map(([value, text]) => h("option", { value, selected: value === this.query[name] }, text))));
  }

  #choose(name, event) {
    this.query[name] = event.target.value.trim();
    replaceQuery(["alerts"], this.query);
    this.refresh.now();
  }

  #show({ alerts = [], total = alerts.length, silences }) {
    say(this.summary, total > alerts.length ? `${plural(total, "alert")}, the newest ${alerts.length} shown` : plural(total, "alert"));
    this.table.hidden = alerts.length === 0;
    keyed(this.rows, alerts, alert => `${alert.id}`, alert => this.#make(alert), updateRow);
    fill(this.nothing, alerts.length === 0 && this.#empty());
    fill(this.silences, silences.length === 0
      ? empty("No silence is in force. To make one, choose Silence at an alert; people are then not told of it for a while.")
      : h("ul", { class: "list" }, silences.map(one => this.#silence(one))));
  }

  #empty() {
    const isNarrow = this.query.device || this.query.severity || !["", "all"].includes(this.query.state);
    return isNarrow ? empty("No alert is like this. Choose other filters above to see more.")
      : empty("No alert is open. Those that are over: choose “all” above.");
  }

  #make(alert) {
    const cell = (column, ...content) => h("td", { "data-column": column }, content);
    return h("tr", {}, h("th", { scope: "row", "data-column": "alert" }, alertLink(alert)),
      cell("state", stateBadge(alert.state)), cell("severity", stateBadge(alert.severity)), cell("detector", alert.detector),
      cell("what was found"), cell("since"), cell("do"));
  }

  #silence(one) {
    const end = async () => {
      if (await endSilence(one)) this.refresh.now();
    };
    return h("li", {}, stateBadge(one.state), " ", h("b", {}, one.matchers.join(", ")), `: ${one.reason} (${one.owner}, until ${moment(one.expires)} UTC) `,
      h("button", { type: "button", onclick: end }, "End it", h("span", { class: "unseen" }, ` ${one.matchers.join(", ")}`)));
  }
}

function updateRow(row, alert) {
  const [, state, severity, , found, since, act] = row.cells;
  updateState(state.firstChild, alert.state);
  updateState(severity.firstChild, alert.severity);
  say(found, alert.suppressed_by ? `${alert.why} (not told: ${alert.suppressed_by})` : alert.why);
  say(since, ago(alert.fired_at ?? alert.timestamp));
  set(since, "title", `${moment(alert.fired_at ?? alert.timestamp)} UTC`);
  if (act.dataset.state === alert.state) return;
  act.dataset.state = alert.state;
  fill(act, buttons(alert, () => document.dispatchEvent(new Event("sluice-changed"))));
}
