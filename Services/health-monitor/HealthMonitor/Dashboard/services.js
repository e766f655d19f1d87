// A box for each service, with how each of its instances is.
import { h, keyed, say, set } from "./dom.js";
import { age, bytes, count, percent, plural, rate, moment, isKnown } from "./text.js";
import { stateBadge, updateState, look } from "./states.js";

/** A process that died between two looks and is back already is shown all the same. */
const shownFor = 5000;
const columns = ["instance", "state", "restarts", "CPU", "memory"];

export class Services {
  constructor() {
    this.element = h("div", { class: "services" });
  }

  update(status) {
    const byName = Map.groupBy(status.instances ?? [], instance => instance.name);
    const known = (status.services ?? []).map(service => service.name);
    const names = [...known, ...[...byName.keys()].filter(name => !known.includes(name))];
    const boxes = names.map(name => ({
      name, service: status.services?.find(service => service.name === name) ?? {}, instances: byName.get(name) ?? [],
    }));
    keyed(this.element, boxes, box => box.name, makeBox, updateBox);
  }
}

function makeBox({ name }) {
  const head = h("thead", {}, h("tr", {}, columns.map(column => h("th", { scope: "col" }, column))));
  const table = h("table", {}, h("caption", { class: "unseen" }, `Instances of ${name}`), head, h("tbody"));
  return h("section", { class: "service", id: `service-${name}`, tabindex: "-1", "aria-label": name },
    h("h3", {}, h("span", {}, name), h("span", { class: "facts" })), table, h("ul", { class: "troubles" }));
}

function updateBox(element, { name, service, instances }) {
  say(element.querySelector(".facts"), instances.length === 0 ? "no instance" : facts(service));
  element.querySelector("table").hidden = instances.length === 0;
  const key = uniqueKey(instances);
  keyed(element.querySelector("tbody"), instances, key, makeRow, updateRow);
  const troubled = instances.filter(one => one.detail);
  keyed(element.querySelector(".troubles"), troubled, key, () => h("li"),
    (item, one) => say(item, `${one.instance}: ${one.detail}`));
  const worst = service.state ?? instances[0]?.state;
  set(element, "class", `service ${look(worst)[0]}`);
}

/** An instance keeps its row when it comes back elsewhere; two that call themselves the same have one each. */
function uniqueKey(instances) {
  const counts = Map.groupBy(instances, one => one.instance);
  return one => counts.get(one.instance).length > 1 ? `${one.instance} ${one.url ?? ""}` : one.instance;
}

function facts(service) {
  const all = [
    isKnown(service.received_per_second) && `${rate(service.received_per_second)} in`,
    isKnown(service.sent_per_second) && `${rate(service.sent_per_second)} out`,
    service.dead > 0 && `${count(service.dead)} dead`,
    service.discarded > 0 && `${count(service.discarded)} discarded`,
    service.redelivered > 0 && `${count(service.redelivered)} redelivered`,
    service.errors > 0 && plural(service.errors, "error"),
  ];
  return all.filter(Boolean).join(", ");
}

function makeRow(one) {
  return h("tr", {}, h("th", { scope: "row" }, h("span", { class: "instance" }), h("span", { class: "since" })), h("td", {}, stateBadge(one.state)),
    h("td", { class: "number" }), h("td", { class: "number" }), h("td", { class: "number" }));
}

/** The restarts that the row showed last are its memory. */
function stateOf(row, one) {
  const before = row.dataset.restarts;
  row.dataset.restarts = one.restarts ?? 0;
  if (before !== undefined && one.restarts > Number(before)) row.dataset.restartedAt = Date.now();
  const isRecent = Date.now() - Number(row.dataset.restartedAt ?? 0) < shownFor;
  return isRecent && ["ready", "degraded", "starting"].includes(one.state) ? "restarted" : one.state;
}

function updateRow(row, one) {
  const [name, state, restarts, cpu, memory] = row.cells;
  say(name.firstChild, one.instance);
  set(name, "title", `${one.pid ? `process ${one.pid}, ` : ""}version ${one.version ?? "unknown"}, ${one.state} since ${moment(one.since)} UTC`);
  say(name.lastChild, isKnown(one.uptime) && one.state !== "down" ? `up ${age(one.uptime)}` : "");
  const shown = stateOf(row, one);
  updateState(state.firstChild, shown);
  set(row, "data-state", shown);
  say(restarts, String(one.restarts ?? 0));
  say(cpu, percent(one.cpu));
  say(memory, bytes(one.memory_bytes));
}
