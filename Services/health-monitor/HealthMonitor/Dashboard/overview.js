// The first screen: four answers, the picture, how it went of late, and each service.
import { h, keyed, say, set, shape } from "./dom.js";
import { latency, percent, rate, count } from "./text.js";
import { answers } from "./answers.js";
import { Pipeline } from "./pipeline.js";
import { Services } from "./services.js";
import { Chart } from "./chart.js";
import { store } from "./store.js";

const stageColors = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"];
const dashes = [undefined, [6, 3], [2, 3], [8, 3, 2, 3], [1, 4], [10, 4]];
const spans = [[5, "5 min"], [15, "15 min"], [60, "1 hour"]];

export class Overview {
  title = "Overview";
  #minutes = 15;
  #stages = "";

  constructor(main, { parts }) {
    this.questions = h("ul", { class: "answers", "aria-label": "The four questions" });
    this.pipeline = new Pipeline();
    this.services = new Services();
    this.charts = h("div", { class: "charts" });
    this.waiting = h("p", { class: "empty" }, "Waiting for the monitor's first look…");
    this.body = h("div", { hidden: true },
      section("pipeline", "Pipeline", this.pipeline.element),
      section("flow", "Throughput and latency", this.#spans(), this.charts),
      section("services", "Services and their instances", this.services.element));
    main.append(h("h1", { class: "unseen", tabindex: "-1" }, "Overview"), this.questions, this.waiting, this.body);
    this.#makeCharts();
    this.aim = parts;
    this.update("status", store);
    this.update("history", store);
  }

  close() {
    this.pipeline.close();
    for (const chart of this.all()) chart.close();
  }

  all() {
    return [this.throughput, this.latency, this.spool, this.busy].filter(Boolean);
  }

  update(what, known) {
    const { status, history } = known;
    if (what === "history") return this.#chart(history);
    if (!status) return;
    keyed(this.questions, answers(known), one => one.key, makeAnswer, updateAnswer);
    this.waiting.hidden = true;
    this.body.hidden = false;
    this.pipeline.update(status);
    this.services.update(status);
    this.#scroll();
  }

  /** `#/flow` and `#/service/preprocessor` are places on this page. */
  #scroll() {
    if (!this.aim?.length) return;
    const target = document.getElementById(this.aim.length > 1 ? `service-${this.aim[1]}` : this.aim[0]);
    this.aim = null;
    target?.focus({ preventScroll: true });
    target?.scrollIntoView();
  }

  #spans() {
    const choice = ([minutes, text]) => h("label", {},
      h("input", { type: "radio", name: "span", value: minutes, checked: minutes === this.#minutes, onchange: () => this.#choose(minutes) }), h("span", {}, text));
    return h("fieldset", { class: "segments" }, h("legend", { class: "unseen" }, "Time span"), spans.map(choice));
  }

  #choose(minutes) {
    this.#minutes = minutes;
    this.#chart(store.history);
  }

  #makeCharts() {
    this.throughput = new Chart("Throughput, readings a second", [
      { label: "received", color: "--series-1", fill: true }, { label: "stored", color: "--series-2", dash: [6, 3] },
    ], rate);
    this.latency = new Chart("Latency, from broker to row", [
      { label: "half within", color: "--series-1" }, { label: "99 % within", color: "--series-3", dash: [6, 3] },
    ], latency);
    this.spool = new Chart("Spool, readings that wait", [{ label: "waiting", color: "--series-1", fill: true }], number => count(Math.round(number)));
    this.charts.append(this.throughput.element, this.latency.element, this.spool.element);
  }

  #chart(history) {
    const from = (history.times.at(-1) ?? 0) - this.#minutes * 60;
    const begin = Math.max(0, history.times.findIndex(time => time >= from));
    const cut = column => column.slice(begin);
    const times = cut(history.times);
    this.throughput.update([times, cut(history.received_per_second), cut(history.stored_per_second)]);
    this.latency.update([times, cut(history.e2e_p50_seconds), cut(history.e2e_p99_seconds)]);
    this.spool.update([times, cut(history.spool_readings)]);
    const stages = Object.entries(history.services).filter(([, figures]) => figures.utilization?.some(share => share !== null));
    if (stages.length > 0) this.#chartBusy(stages, times, cut);
  }

  #chartBusy(stages, times, cut) {
    const names = stages.map(([name]) => name);
    if (names.join() !== this.#stages) {
      this.#stages = names.join();
      this.busy?.close();
      this.busy?.element.remove();
      const lines = names.map((label, index) => ({ label, color: stageColors[index % 6], dash: dashes[index % 6] }));
      this.busy = new Chart("How busy each stage is", lines, percent);
      this.charts.append(this.busy.element);
    }
    this.busy.update([times, ...stages.map(([, figures]) => cut(figures.utilization))]);
  }
}

function section(id, heading, ...content) {
  return h("section", { id, tabindex: "-1", "aria-labelledby": `${id}-heading` }, h("h2", { id: `${id}-heading` }, heading), content);
}

function makeAnswer() {
  const link = h("a", {}, h("span", { class: "question" }), h("strong", {}, shape("ring"), h("span")), h("span", { class: "detail" }));
  return h("li", {}, link);
}

function updateAnswer(item, { question, tone, form, answer, detail, href, key }) {
  const [link] = item.children;
  const [asked, said, more] = link.children;
  set(item, "class", `answer ${tone}`);
  set(item, "id", `answer-${key}`);
  set(link, "href", href);
  say(asked, question);
  if (said.firstChild.dataset.shape !== form) said.firstChild.replaceWith(shape(form));
  say(said.lastChild, answer);
  say(more, detail);
}
