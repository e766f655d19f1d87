// The picture once more as a table: for those who do not see it, and for every figure at once.
import { h, fill } from "./dom.js";
import { count, latency, percent, rate, bytes, isKnown } from "./text.js";
import { table } from "./table.js";

export class Figures {
  constructor() {
    this.body = h("div");
    this.element = h("details", { class: "figures" }, h("summary", {}, "The same as a table"), this.body);
    this.element.addEventListener("toggle", () => this.#show());
  }

  update(stages, links, bottleneck) {
    this.given = [stages, links, bottleneck];
    // Whoever has it open reads it; it is made anew only for them.
    if (this.element.open) this.#show();
  }

  #show() {
    if (!this.element.open || !this.given) return;
    const [stages, links, bottleneck] = this.given;
    fill(this.body, stageTable(stages, bottleneck), linkTable(links));
  }
}

function stageTable(stages, bottleneck) {
  const columns = ["stage", "state", "instances", "in", "out", "depth", "in flight", "busy", "p99", "CPU", "memory", "errors"];
  return table("Stages", columns, stages.map(stage => [
    stage.name + (stage.name === bottleneck ? " (bottleneck)" : ""), stage.instances === 0 ? "no instance" : stage.state, count(stage.instances), rate(stage.received_per_second),
    rate(stage.sent_per_second), isKnown(stage.depth) ? count(stage.depth) : "–", count(stage.in_flight), percent(stage.utilization),
    latency(stage.p99_seconds), percent(stage.cpu), bytes(stage.memory_bytes), count(stage.errors),
  ]));
}

function linkTable(links) {
  const columns = ["link", "rate", "in flight", "credit", "p99", "oldest waits"];
  return table("Links", columns, links.map(link => [
    `${link.from} → ${link.to}`, rate(link.readings_per_second), count(link.in_flight), count(link.credit), latency(link.p99_seconds), latency(link.lag_seconds),
  ]));
}
