// What could not be stored, why, and how it gets another chance.
import { h, fill, keyed, say, set } from "./dom.js";
import { ago, bytes, moment, plural, whole } from "./text.js";
import { ask } from "./api.js";
import { href, replaceQuery } from "./router.js";
import { empty } from "./table.js";
import { Refresh } from "./refresh.js";
import { change, form } from "./dialogs.js";
import { notice } from "./notices.js";
import { stateBadge, updateState } from "./states.js";

const pageSize = 50;
const columns = ["", "dead letter", "reason", "topic", "stage", "size", "when", "state"];

export class DeadLetters {
  title = "Dead letters";

  constructor(main, { query }) {
    this.query = { reason: query.get("reason") ?? "", device: query.get("device") ?? "", state: query.get("state") ?? "" };
    this.offset = 0;
    this.chosen = new Set();
    this.trouble = h("div");
    this.reasons = h("p", { class: "reasons" });
    this.rows = h("tbody");
    this.table = h("table", { class: "cards letters", hidden: true }, h("caption", { class: "unseen" }, "Dead letters"),
      h("thead", {}, h("tr", {}, columns.map((column, index) => index ? h("th", { scope: "col" }, column) : h("td", {}, this.#all())))), this.rows);
    this.replay = h("button", { type: "button", class: "primary", disabled: true, onclick: () => this.#replay() }, "Replay");
    this.summary = h("p", { class: "summary", role: "status" });
    this.nothing = h("div");
    this.pages = h("nav", { class: "pages", "aria-label": "Pages of dead letters" });
    main.append(h("h1", { tabindex: "-1" }, "Dead letters"), this.trouble, this.reasons, this.#filters(),
      h("div", { class: "bar-of-table" }, this.summary, this.replay), this.table, this.nothing, this.pages);
    this.refresh = new Refresh(() => ask("/api/dlq", { ...this.query, limit: pageSize, offset: this.offset }), data => this.#show(data), this.trouble, 5000);
  }

  close() {
    this.refresh.close();
  }

  update() {}

  #all() {
    this.every = h("input", { type: "checkbox", "aria-label": "Choose all shown", onchange: event => this.#chooseAll(event.target.checked) });
    return h("label", { class: "tick" }, this.every);
  }

  #filters() {
    const device = h("input", { type: "search", value: this.query.device, onchange: event => this.#narrow({ device: event.target.value.trim() }) });
    const state = h("select", { onchange: event => this.#narrow({ state: event.target.value }) },
      [["", "open"], ["all", "all, replayed and dropped ones too"]].map(([value, text]) => h("option", { value, selected: value === this.query.state }, text)));
    return h("form", { class: "filters", role: "search", "aria-label": "Dead letters", onsubmit: event => event.preventDefault() },
      h("label", {}, "Device ", device), h("label", {}, "State ", state));
  }

  #narrow(more) {
    Object.assign(this.query, more);
    this.offset = 0;
    this.chosen.clear();
    replaceQuery(["dlq"], this.query);
    this.refresh.now();
  }

  #show({ dead_letters: letters = [], total = letters.length, by_reason: reasons = [] }) {
    this.letters = letters;
    say(this.summary, total > letters.length ? `${plural(total, "dead letter")}, ${this.offset + 1} to ${this.offset + letters.length} shown` : plural(total, "dead letter"));
    this.#tellReasons(reasons);
    this.table.hidden = letters.length === 0;
    this.replay.hidden = letters.length === 0;
    keyed(this.rows, letters, letter => letter.id, letter => this.#make(letter), (row, letter) => this.#update(row, letter));
    fill(this.nothing, letters.length === 0 && this.#empty());
    this.#turn(total);
    this.#count();
  }

  #empty() {
    return this.query.reason || this.query.device ? empty("No dead letter is like this. Choose “all reasons” above, or clear the device.")
      : empty("No dead letter is open: everything that came in could be stored, or was seen to.");
  }

  #tellReasons(reasons) {
    const text = JSON.stringify([reasons, this.query.reason]);
    if (text === this.told) return;
    this.told = text;
    const chip = (value, label) => h("button", { type: "button", class: "chip", "aria-pressed": String(this.query.reason === value), onclick: () => this.#narrow({ reason: value }) }, label);
    fill(this.reasons, reasons.length > 0 && [chip("", "all reasons"), ...reasons.map(one => chip(one.reason, `${one.reason} ${whole(one.count)}`))]);
  }

  #turn(total) {
    const [isFirst, isLast] = [this.offset === 0, this.offset + pageSize >= total];
    const go = step => () => {
      this.offset = Math.max(0, this.offset + step);
      this.refresh.now();
    };
    fill(this.pages, !(isFirst && isLast) && [
      h("button", { type: "button", disabled: isFirst, onclick: go(-pageSize) }, "Previous"), h("button", { type: "button", disabled: isLast, onclick: go(pageSize) }, "Next"),
    ]);
  }

  #make(letter) {
    const name = [letter.device, letter.sensor].filter(Boolean).join(" / ") || `dead letter ${letter.id}`;
    const tick = h("input", { type: "checkbox", value: letter.id, "aria-label": `Choose ${name}, ${letter.reason}`, onchange: event => this.#choose(letter.id, event.target.checked) });
    const cell = (column, ...content) => h("td", { "data-column": column }, content);
    return h("tr", {}, h("td", {}, h("label", { class: "tick" }, tick)),
      h("th", { scope: "row", "data-column": "dead letter" }, h("a", { href: href(["dlq", letter.id]) }, name)),
      cell("reason", h("b", {}, letter.reason), letter.detail ? ` ${letter.detail}` : ""), cell("topic", h("code", {}, letter.topic ?? "")), cell("stage", letter.stage ?? ""),
      cell("size", bytes(letter.bytes)), cell("when"), cell("state", stateBadge(letter.state ?? "open")));
  }

  #update(row, letter) {
    const [tick, , , , , , when, state] = row.cells;
    if (!canBeReplayed(letter)) this.chosen.delete(letter.id);
    tick.querySelector("label").hidden = !canBeReplayed(letter);
    tick.querySelector("input").checked = this.chosen.has(letter.id);
    say(when, ago(letter.time));
    set(when, "title", `${moment(letter.time)} UTC`);
    updateState(state.firstChild, letter.state ?? "open");
    set(state, "title", letter.replayed ? replayedText(letter) : false);
  }

  #choose(id, isChosen) {
    if (isChosen) this.chosen.add(id); else this.chosen.delete(id);
    this.#count();
  }

  #chooseAll(isChosen) {
    const all = (this.letters ?? []).filter(canBeReplayed);
    for (const letter of all) isChosen ? this.chosen.add(letter.id) : this.chosen.delete(letter.id);
    for (const box of this.rows.querySelectorAll("input")) box.checked = this.chosen.has(Number(box.value));
    this.#count();
  }

  #count() {
    this.replay.disabled = this.chosen.size === 0;
    say(this.replay, this.chosen.size > 0 ? `Replay ${whole(this.chosen.size)}` : "Replay");
  }

  async #replay() {
    if (!await replay([...this.chosen])) return;
    this.chosen.clear();
    this.every.checked = false;
    this.refresh.now();
  }
}

/** Nobody has settled it: what it became is not stored, and it is not given up. */
export function isOpen(letter) {
  return !["replayed", "dropped"].includes(letter.state);
}

/** What no server of a webhook took is not the broker's: the command line delivers it. */
export function canBeReplayed(letter) {
  return isOpen(letter) && letter.reason !== "webhook_undeliverable";
}

export function replayedText(letter) {
  if (!letter.replayed) return "no";
  return typeof letter.replayed === "string" ? `${moment(letter.replayed)} UTC` : "yes";
}

/** Asks, then sends them through the pipeline once more. @returns a promise: whether it was done */
export function replay(ids) {
  const text = "They go through the pipeline again, under their old identity: what was stored before is not stored twice. "
    + "Whatever is still wrong becomes a dead letter again.";
  return form({ title: `Replay ${plural(ids.length, "dead letter")}`, text, done: "Replay" }, async () => {
    const { replayed = 0, refused = [] } = await change("/api/dlq/replay", { ids });
    if (replayed > 0) notice(`${plural(replayed, "dead letter")} replayed.`);
    if (refused.length > 0) notice(`${whole(refused.length)} refused: ${refused[0].error}`, true);
  });
}
