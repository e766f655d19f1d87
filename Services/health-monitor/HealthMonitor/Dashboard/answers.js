// The four questions of whoever is woken at night, answered in words from the status.
import { latency, percent, plural, rate, whole, isKnown } from "./text.js";
import { recent } from "./recent.js";
import { stagesOf } from "./pipeline.js";

/** @returns for each question { key, question, tone, form, answer, detail, href } */
export function answers({ status, alerts, looks, history }) {
  return [isLosing(status.ledger), isFlowing(status.flow, recent(looks, history)), bottleneck(status), isWrong(status, alerts)];
}

function isLosing(ledger = {}) {
  const question = { key: "lost", question: "Is anything being lost?", href: "#/ledger" };
  const { missing, surplus } = sides(ledger);
  const counted = `${whole(ledger.acknowledged)} acknowledged, ${whole(ledger.accounted)} accounted for.`;
  // What one spool has lost, another has not made good by having it twice, nor can the silence of a third hide it.
  if (missing > 0) {
    const twice = surplus > 0 ? ` ${whole(surplus)} others are there twice.` : "";
    return { ...question, tone: "bad", form: "cross", answer: `Yes: ${whole(missing)} are missing`, detail: counted + twice };
  }
  if (ledger.state === "balanced") {
    const all = `All ${whole(ledger.acknowledged)} items acknowledged to the broker are stored, dead letters or in the spool.`;
    return { ...question, tone: "ok", form: "disc", answer: "No: the difference is 0", detail: all };
  }
  if (ledger.state === "off") {
    const answer = surplus > 0 ? `No, but ${whole(surplus)} are there twice` : "The account is off";
    return { ...question, tone: "bad", form: "cross", answer, detail: counted };
  }
  const detail = "A spool or PostgreSQL does not answer the account now. Nothing is lost by that; see who is silent.";
  return { ...question, tone: "warn", form: "triangle", answer: "It cannot be told now", detail };
}

/** A monitor that tells only the sum of all spools tells less: what is missing in one may be hidden by another. */
function sides({ state, difference, missing, surplus }) {
  if (isKnown(missing) || isKnown(surplus)) return { missing: missing ?? 0, surplus: surplus ?? 0 };
  const sum = state === "off" && isKnown(difference) ? difference : 0;
  return { missing: Math.max(0, sum), surplus: Math.max(0, -sum) };
}

function isFlowing(flow = {}, { received, stored, seconds, isStuck }) {
  const question = { key: "flow", question: "Is it flowing?", href: "#/flow" };
  const waiting = flow.spool_readings > 0 ? ` ${plural(flow.spool_readings, "reading")} in the spool.` : "";
  if (!isKnown(received)) {
    return { ...question, tone: "warn", form: "triangle", answer: "It cannot be told now", detail: "mqtt-ingest tells no rate now." };
  }
  const came = `${pace(received, seconds)} received in the last ${seconds} s.${waiting}`;
  if (isStuck) {
    return { ...question, tone: "bad", form: "cross", answer: "No: received, not stored",
      detail: `${came} They are safe in the spool until storing goes on.` };
  }
  if (stored > 0) {
    const speed = isKnown(flow.e2e_p99_seconds)
      ? ` From broker to row: half within ${latency(flow.e2e_p50_seconds)}, 99 % within ${latency(flow.e2e_p99_seconds)}.` : "";
    return { ...question, tone: "ok", form: "disc", answer: `Yes: ${pace(stored, seconds)} stored`, detail: `${came}${speed}` };
  }
  if (received > 0) {
    return { ...question, tone: "info", form: "half", answer: "Received, none stored yet",
      detail: `${came} They are on their way, or became dead letters.` };
  }
  return { ...question, tone: "muted", form: "ring", answer: `No reading in the last ${seconds} s`,
    detail: `${waiting.trim()} To see some: \`sluice simulate --devices 10\`.`.trim() };
}

/** Below one a second a rate says less than a number. */
function pace(mean, seconds) {
  return mean >= 1 ? rate(mean) : plural(Math.max(1, Math.round(mean * seconds)), "reading");
}

function bottleneck({ flow = {}, services = [] }) {
  const question = { key: "bottleneck", question: "Where is the bottleneck?", href: "#/pipeline" };
  const busiest = services.filter(service => isKnown(service.utilization))
    .reduce((most, service) => (most && most.utilization >= service.utilization ? most : service), null);
  if (flow.bottleneck) {
    const share = services.find(service => service.name === flow.bottleneck)?.utilization;
    const detail = flow.sentence ?? `${flow.bottleneck} is busy ${percent(share)} of the time`;
    return { ...question, tone: "warn", form: "triangle", answer: flow.bottleneck, detail: stop(detail),
      href: `#/service/${encodeURIComponent(flow.bottleneck)}` };
  }
  if (!busiest) {
    return { ...question, tone: "muted", form: "ring", answer: "It cannot be told now",
      detail: "No stage has told how busy it is." };
  }
  const detail = flow.sentence ? stop(flow.sentence) : `${busiest.name} is the busiest: ${percent(busiest.utilization)} of the time.`;
  return { ...question, tone: "ok", form: "disc", answer: "Nowhere: no stage is full", detail };
}

/** As people write sentences; a service keeps its name. */
function stop(sentence) {
  const text = sentence.startsWith("nothing") ? `N${sentence.slice(1)}` : sentence;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function isWrong(status, alerts) {
  const question = { key: "wrong", question: "What is wrong now?" };
  const ill = (status.instances ?? []).filter(instance => !["ready", "left", "starting", "draining"].includes(instance.state));
  const vacant = stagesOf(status).filter(stage => stage.instances === 0);
  const areAlertsKnown = Boolean(alerts) && alerts.known !== false;
  const firing = areAlertsKnown ? alerts.firing ?? 0 : 0;
  const parts = [
    vacant.length > 0 && `${plural(vacant.length, "stage")} without an instance`, ill.length > 0 && `${plural(ill.length, "instance")} not ready`,
    firing > 0 && `${plural(firing, "alert")} firing`, !areAlertsKnown && "alerts cannot be told now",
  ].filter(Boolean);
  const trouble = [...vacant.map(stage => `${stage.name} has no instance`), ...ill.map(instance => `${instance.instance} is ${instance.state}`)];
  if (parts.length === 0) return { ...question, tone: "ok", form: "disc", answer: "Nothing", detail: calm(alerts), href: "#/alerts" };
  const isDown = vacant.length > 0 || ill.some(instance => ["down", "stalled"].includes(instance.state));
  const detail = trouble.length > 0 ? trouble.slice(0, 3).join("; ")
    : firing > 0 ? firstAlert(alerts) : "Every instance is ready, but PostgreSQL, which has the alerts, does not answer the monitor.";
  return { ...question, tone: isDown || firing > 0 ? "bad" : "warn", form: isDown ? "cross" : "triangle",
    answer: upper(parts.join(", ")), detail: stop(detail), href: trouble.length > 0 ? "#/services" : "#/alerts" };
}

function calm({ open = 0 }) {
  return open > 0 ? `${plural(open, "alert")} open, in somebody's hands or pending.` : "Every instance is ready, no alert fires.";
}

function upper(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function firstAlert(alerts) {
  const first = alerts.latest?.[0];
  return first ? `${[first.device_id, first.sensor_type].filter(Boolean).join("/")}: ${first.why}` : "See the alerts.";
}
