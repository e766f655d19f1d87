// The pipeline as a picture: from left to right where there is room, from top to bottom on a telephone.
import { h, s, set, say, fill } from "./dom.js";
import { count, latency, percent, plural, rate, isKnown } from "./text.js";
import { look } from "./states.js";
import { Figures } from "./figures.js";

const chain = ["mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator"];

/** The stages in the order of the flow, those without an instance too. */
export function stagesOf({ services = [] }) {
  return chain.map(name => services.find(service => service.name === name) ?? { name, state: "down", instances: 0 });
}

/** @param status as `/api/status` answers @returns { stages, links } in the order of the flow */
export function flowOf(status) {
  const stages = stagesOf(status);
  const links = stages.slice(1).map((stage, index) => {
    const from = stages[index].name;
    return (status.links ?? []).find(link => link.from === from && link.to === stage.name) ?? { from, to: stage.name };
  });
  return { stages, links, broker: { from: "devices", to: stages[0]?.name, readings_per_second: status.flow?.received_per_second } };
}

export class Pipeline {
  #width = 0;
  #drawn = "";
  #status = null;

  constructor() {
    this.svg = s("svg", { class: "pipeline", role: "img", "aria-label": "The pipeline" });
    this.figures = new Figures();
    this.beside = h("p", { class: "faint" });
    this.element = h("div", { class: "pipeline-frame" }, this.svg, this.beside, this.figures.element);
    this.observer = new ResizeObserver(entries => this.#resize(entries[0].contentRect.width));
    this.observer.observe(this.element);
  }

  close() {
    this.observer.disconnect();
  }

  update(status) {
    this.#status = status;
    if (this.#width === 0) return;
    const flow = flowOf(status);
    const form = `${this.#width}:${flow.stages.map(stage => stage.name).join()}`;
    if (form !== this.#drawn) this.#draw(flow, form);
    this.#tell(flow, status.flow?.bottleneck, status);
  }

  #resize(width) {
    this.#width = Math.floor(width);
    if (this.#status) this.update(this.#status);
  }

  #draw({ stages, links, broker }, form) {
    this.#drawn = form;
    const layout = this.#width >= 860 ? wide(this.#width, stages.length) : tall(this.#width, stages.length);
    set(this.svg, "viewBox", `0 0 ${layout.width} ${layout.height}`);
    set(this.svg, "width", layout.width);
    set(this.svg, "height", layout.height);
    this.links = [broker, ...links].map((_, index) => drawLink(layout.link(index), layout.isWide));
    this.boxes = stages.map((stage, index) => drawBox(stage.name, layout.box(index), layout.isWide));
    fill(this.svg, drawSource(layout.source), this.links.map(link => link.group), this.boxes.map(box => box.group));
  }

  #tell({ stages, links, broker }, bottleneck, status) {
    [broker, ...links].forEach((link, index) => tellLink(this.links[index], link));
    const depths = stages.map(stage => stage.depth ?? links.find(link => link.from === stage.name)?.depth);
    stages.forEach((stage, index) => tellBox(this.boxes[index], { ...stage, depth: depths[index] }, stage.name === bottleneck, status));
    const sentences = stages.map(stage => `${stage.name} ${word(stage)}, ${rate(stage.received_per_second)}`);
    set(this.svg, "aria-label", `The pipeline: devices, then ${sentences.join(", then ")}. Its figures are in the table below.`);
    say(this.beside, beside(status));
    this.figures.update(stages.map((stage, index) => ({ ...stage, depth: depths[index] })), [broker, ...links], bottleneck);
  }
}

function wide(width, number) {
  const source = 64;
  const gap = Math.min(104, Math.max(80, (width - source) / number * 0.33));
  const box = (width - source - gap * number) / number;
  const left = index => source + gap * (index + 1) + box * index;
  return {
    isWide: true, width, height: 149, source: { x: 0, y: 54, width: source, height: 48 },
    box: index => ({ x: left(index), y: 22, width: box, height: 120 }),
    link: index => ({ x1: left(index) - gap, y1: 78, x2: left(index), y2: 78 }),
  };
}

function tall(width, number) {
  const [head, box, gap] = [32, 84, 46];
  const top = index => head + gap * (index + 1) + box * index;
  const middle = Math.min(48, width / 4);
  return {
    isWide: false, width, height: head + number * (box + gap) + 2, source: { x: 0, y: 1, width: 96, height: head },
    box: index => ({ x: 1, y: top(index), width: width - 2, height: box }),
    link: index => ({ x1: middle, y1: top(index) - gap, x2: middle, y2: top(index) }),
  };
}

function drawSource({ x, y, width, height }) {
  return s("g", { class: "source" },
    s("rect", { x: x + 1, y, width: width - 2, height, rx: height / 2 }),
    s("text", { x: x + width / 2, y: y + height / 2 + 4, "text-anchor": "middle" }, "devices"));
}

function drawLink({ x1, y1, x2, y2 }, isWide) {
  const line = s("path", { class: "stream", d: `M${x1} ${y1}L${x2 - (isWide ? 7 : 0)} ${y2 - (isWide ? 0 : 7)}` });
  const head = isWide ? `M${x2 - 9} ${y2 - 5}L${x2 - 1} ${y2}L${x2 - 9} ${y2 + 5}z` : `M${x2 - 5} ${y2 - 9}L${x2} ${y2 - 1}L${x2 + 5} ${y2 - 9}z`;
  const at = (above, below) => isWide
    ? { x: (x1 + x2) / 2 - 2, y: y1 + (above ? -10 : below), "text-anchor": "middle" }
    : { x: x1 + 16, y: (y1 + y2) / 2 + (above ? -5 : below) };
  const [speed, held, time, wait, lag] = [
    s("text", { ...at(true), class: "rate" }), s("text", { ...at(false, isWide ? 20 : 12), class: "faint" }),
    s("text", { ...(isWide ? at(false, 36) : { x: x1 + 116, y: (y1 + y2) / 2 + 12 }), class: "faint" }),
    s("text", { ...(isWide ? at(false, 52) : { x: x1 + 116, y: (y1 + y2) / 2 - 5 }), class: "faint" }), isWide && s("text", { ...at(false, 67), class: "faint" }),
  ];
  return { group: s("g", { class: "link" }, line, s("path", { class: "head", d: head }), speed, held, time, wait, lag), line, speed, held, time, wait, lag };
}

function tellLink(drawn, link) {
  const speed = link.readings_per_second;
  say(drawn.speed, isKnown(speed) ? rate(speed) : "");
  say(drawn.held, isKnown(link.in_flight) ? `${count(link.in_flight)} in flight` : "");
  say(drawn.time, isKnown(link.p99_seconds) ? `p99 ${latency(link.p99_seconds)}` : "");
  const lag = isKnown(link.lag_seconds) ? latency(link.lag_seconds) : "";
  // Between two boxes it takes two lines.
  say(drawn.wait, lag && `oldest waits${drawn.lag ? "" : ` ${lag}`}`);
  if (drawn.lag) say(drawn.lag, lag);
  set(drawn.line, "class", `stream ${speed > 0.05 ? "moving" : "still"}`);
}

function drawBox(name, { x, y, width, height }, isWide) {
  const text = (dy, kind) => s("text", { x: x + 12, y: y + dy, class: kind });
  const flag = isWide ? { x: x + width / 2, y: y - 8, "text-anchor": "middle" } : { x: x + width - 12, y: y + 24, "text-anchor": "end" };
  const bar = { x: x + 12, y: y + height - 14, height: 5, rx: 2 };
  const parts = {
    state: text(43, "state"), facts: [63, 80, 97].map(dy => text(dy, "faint")).slice(0, isWide ? 3 : 1),
    flag: s("text", { ...flag, class: "flag" }), full: width - 24, bar: s("rect", { ...bar, width: 0, class: "bar" }),
  };
  const group = s("g", { class: "stage" }, s("rect", { x, y, width, height, rx: 6, class: "frame" }),
    s("rect", { x, y, width: 4, height, rx: 2, class: "stripe" }), s("text", { x: x + 12, y: y + 24, class: "name" }, name),
    parts.state, parts.facts, parts.flag, s("rect", { ...bar, width: width - 24, class: "track" }), parts.bar);
  return { group, ...parts };
}

/** Those that readings do not flow through. */
function beside({ services = [] }) {
  const others = services.filter(service => !chain.includes(service.name));
  return others.length > 0 ? `Beside it: ${others.map(service => `${service.name} (${service.state})`).join(", ")}.` : "";
}

function word(stage) {
  return stage.instances === 0 ? "no instance" : stage.state;
}

const marks = { disc: "●", triangle: "▲", half: "◐", diamond: "◆", cross: "✕", ring: "○" };

function tellBox(drawn, stage, isBottleneck, status) {
  const [tone, form] = look(stage.state);
  set(drawn.group, "class", `stage ${tone}${isBottleneck ? " bottleneck" : ""}`);
  const down = (status.instances ?? []).filter(one => one.name === stage.name && one.state === "down").length;
  const missing = down > 0 && stage.state !== "down" && stage.instances !== 0 ? `, ${down} down` : "";
  say(drawn.state, `${marks[form]} ${word(stage)}${missing}`);
  const held = isKnown(stage.depth) ? `${count(stage.depth)} in spool` : `${count(stage.in_flight)} in flight`;
  const facts = stage.instances === 0 ? ["", "", ""]
    : [plural(stage.instances ?? 0, "instance"), held, isKnown(stage.utilization) ? `busy ${percent(stage.utilization)}` : ""];
  if (drawn.facts.length === 1) say(drawn.facts[0], facts.filter(Boolean).join(", "));
  else facts.forEach((fact, index) => say(drawn.facts[index], fact));
  say(drawn.flag, isBottleneck ? "bottleneck" : "");
  const share = Math.min(1, Math.max(0, stage.utilization ?? 0));
  set(drawn.bar, "width", (drawn.full * share).toFixed(1));
}
