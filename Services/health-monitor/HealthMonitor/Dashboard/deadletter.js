// One dead letter, byte by byte.
import { h, fill } from "./dom.js";
import { bytes, moment } from "./text.js";
import { ask } from "./api.js";
import { href } from "./router.js";
import { Refresh } from "./refresh.js";
import { change, form, person } from "./dialogs.js";
import { notice } from "./notices.js";
import { stateBadge } from "./states.js";
import { canBeReplayed, isOpen, replay, replayedText } from "./deadletters.js";

const longestDump = 4096;

export class DeadLetter {
  title = "Dead letter";

  constructor(main, { parts: [, id] }) {
    this.trouble = h("div");
    this.body = h("div");
    main.append(h("p", { class: "back" }, h("a", { href: "#/dlq" }, "All dead letters")), h("h1", { tabindex: "-1" }, "Dead letter"), this.trouble, this.body);
    this.refresh = new Refresh(() => ask(`/api/dlq/${encodeURIComponent(id)}`), data => this.#show(data), this.trouble, 5000);
  }

  close() {
    this.refresh.close();
  }

  update() {}

  #show(answer) {
    const letter = answer.dead_letter ?? answer;
    const text = JSON.stringify(letter);
    if (text === this.shown) return;
    this.shown = text;
    const payload = decode(letter.payload_base64 ?? "");
    fill(this.body, h("p", { class: "lead" }, stateBadge(letter.state ?? "open"), " ", h("b", {}, letter.reason), letter.detail ? `: ${letter.detail}` : ""), this.#buttons(letter),
      h("dl", { class: "facts" }, facts(letter).map(([name, content]) => [h("dt", {}, name), h("dd", {}, content)])),
      letter.payload_text !== undefined && [h("h2", {}, "As text"), h("pre", { tabindex: "0", "aria-label": "Payload as text" }, letter.payload_text)],
      h("h2", {}, "As bytes"), payload.length > longestDump && h("p", {}, `The first ${bytes(longestDump)} of ${bytes(payload.length)}.`),
      h("pre", { class: "bytes", tabindex: "0", "aria-label": "Payload as bytes" }, payload.length === 0 ? "(empty)" : dump(payload.subarray(0, longestDump))));
  }

  #buttons(letter) {
    const again = async () => {
      if (await replay([letter.id])) this.refresh.now();
    };
    return isOpen(letter) && h("p", { class: "buttons" },
      canBeReplayed(letter) && h("button", { type: "button", class: "primary", onclick: again }, "Replay"),
      h("button", { type: "button", class: "danger", onclick: () => this.#drop(letter) }, "Drop"));
  }

  async #drop(letter) {
    const isDone = await form({
      title: "Drop this dead letter", isDangerous: true,
      text: ["It is given up: it cannot be replayed any more. Its bytes stay until somebody deletes them (", h("code", {}, "sluice dlq drop --purge"),
        "); the ledger goes on counting it as a dead letter."],
      fields: [{ name: "by", label: "Your name", value: person.get(), isRequired: true }], done: "Drop it",
    }, async ({ by }) => {
      person.keep(by);
      await change("/api/dlq/drop", { ids: [letter.id], by });
      notice("Dropped.");
    });
    if (isDone) location.hash = "#/dlq";
  }
}

function facts(letter) {
  const device = letter.device && h("a", { href: href(["devices", letter.device]) }, letter.device);
  const all = [["topic", letter.topic && h("code", {}, letter.topic)], ["device", device], ["sensor", letter.sensor], ["stage", letter.stage],
    ["when", `${moment(letter.time)} UTC`], ["size", bytes(letter.bytes)], ["replayed", replayedText(letter)], ["id", String(letter.id)]];
  return all.filter(([, content]) => content);
}

function decode(base64) {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0));
}

/** `00000000  7b 22 76 …  {"v…`, eight bytes a line: they fit on a telephone. */
export function dump(payload) {
  const lines = [];
  for (let start = 0; start < payload.length; start += 8) {
    const part = [...payload.subarray(start, start + 8)];
    const hex = part.map(byte => byte.toString(16).padStart(2, "0")).join(" ").padEnd(23);
    const text = part.map(byte => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${start.toString(16).padStart(4, "0")}  ${hex}  ${text}`);
  }
  return lines.join("\n");
}
