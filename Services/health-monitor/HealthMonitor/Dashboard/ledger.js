// The account: what was acknowledged to the broker against what PostgreSQL has, for each spool, at the same sequence.
import { h, fill } from "./dom.js";
import { whole, moment, ago } from "./text.js";
import { ask } from "./api.js";
import { stateBadge } from "./states.js";
import { table, empty } from "./table.js";
import { Refresh } from "./refresh.js";

const producerColumns = ["spool", "state", "acknowledged", "found", "difference", "readings", "dead letters", "presence", "waiting", "damaged"];
const stageColumns = ["instance", "received", "handed on", "in flight", "duplicates", "redelivered", "dead", "dropped"];

export class Ledger {
  title = "Ledger";

  constructor(main) {
    this.trouble = h("div");
    this.body = h("div", {}, empty("Asking every spool and PostgreSQL…"));
    main.append(h("h1", { tabindex: "-1" }, "Ledger"),
      h("p", {}, "Every item that was acknowledged to the broker must be in PostgreSQL: as a reading, a dead letter or a change of presence. ",
        "Both sides are counted at the same sequence; what waits in the spool is not counted yet. In a terminal: ", h("code", {}, "sluice ledger"), "."),
      this.trouble, this.body);
    this.refresh = new Refresh(() => ask("/api/ledger"), report => this.#show(report), this.trouble, 5000);
  }

  close() {
    this.refresh.close();
  }

  update() {}

  #show(report) {
    const producers = report.producers ?? [];
    fill(this.body,
      h("p", { class: "zero" }, stateBadge(report.state), " ", h("b", {}, sentence(producers)), ` at ${moment(report.time)} UTC`),
      silent(report.silent ?? []),
      producers.length > 0 ? table("Spools against PostgreSQL", producerColumns, producers.map(producerRow))
        : empty("No spool has answered. Is an mqtt-ingest running?"),
      (report.stages ?? []).length > 0 && table("What each instance counts since it started", stageColumns, report.stages.map(stageRow)));
  }
}

/** Each spool is judged by itself: what one has lost is not made good by what another has twice. */
function sentence(producers) {
  const differences = producers.filter(one => one.state === "unbalanced").map(one => one.difference ?? 0);
  const sum = sign => differences.reduce((sum, difference) => sum + Math.max(0, sign * difference), 0);
  const [missing, surplus] = [sum(1), sum(-1)];
  const parts = [missing > 0 && `${whole(missing)} missing`, surplus > 0 && `${whole(surplus)} there twice`].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : "difference 0";
}

function silent(instances) {
  return instances.length > 0 && h("p", { class: "error" }, `Did not answer: ${instances.join(", ")}. Until they do, the account is not whole.`);
}

function producerRow(one) {
  const state = h("span", {}, stateBadge(one.state), one.since && ` since ${ago(one.since)}`);
  return [one.spool ?? one.producer, state, whole(one.expected), whole(one.found), whole(one.difference), whole(one.readings),
    whole(one.dead_letters), whole(one.presence), whole(one.waiting), whole(one.damaged)];
}

function stageRow(one) {
  return [one.instance, whole(one.received), whole(one.handed_on), whole(one.in_flight), whole(one.duplicates), whole(one.redelivered),
    reasons(one.dead), reasons(one.dropped)];
}

function reasons(counts = {}) {
  const all = Object.entries(counts).map(([reason, number]) => `${reason} ${whole(number)}`);
  return all.length > 0 ? all.join(", ") : "0";
}
