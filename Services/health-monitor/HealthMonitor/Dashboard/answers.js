// The four questions of whoever is woken at night, answered in words from the status.
import { latency, percent, plural, rate, whole, isKnown } from "./text.js";

/** @returns for each question { key, question, tone, form, answer, detail, href } */
export function answers(status, alerts) {
  return [isLosing(status), isFlowing(status), bottleneck(status), isWrong(status, alerts)];
}

function isLosing({ ledger = {} }) {
  const question = { key: "lost", question: "Is anything being lost?", href: "#/ledger" };
  if (ledger.state === "balanced") {
    const all = `All ${whole(ledger.acknowledged)} items acknowledged to the broker are stored, dead letters or in the spool.`;
    return { ...question, tone: "ok", form: "disc", answer: "No: the difference is 0", detail: all };
  }
  if (ledger.state === "off") {
    const detail = `${whole(ledger.acknowledged)} acknowledged, ${whole(ledger.accounted)} accounted for.`;
    return { ...question, tone: "bad", form: "cross", answer: offSentence(ledger.difference), detail };
  }
  const detail = "A spool or PostgreSQL does not answer the account now. Nothing is lost by that; see who is silent.";
  return { ...question, tone: "warn", form: "triangle", answer: "It cannot be told now", detail };
}

function offSentence(difference) {
  if (!isKnown(difference)) return "The account is off";
  return difference > 0 ? `Yes: ${whole(difference)} are missing` : `No, but ${whole(-difference)} are there twice`;
}

function isFlowing({ flow = {} }) {
  const question = { key: "flow", question: "Is it flowing?", href: "#/flow" };
  const [received, stored] = [flow.received_per_second, flow.stored_per_second];
  const waiting = flow.spool_readings > 0 ? ` ${plural(flow.spool_readings, "reading")} in the spool.` : "";
  if (received > 0.05 && !(stored > 0.05)) {
    return { ...question, tone: "bad", form: "cross", answer: "No: received, not stored",
      detail: `${rate(received)} come in.${waiting} They are safe in the spool until storing goes on.` };
  }
  if (received > 0.05 || stored > 0.05) {
    const speed = isKnown(flow.e2e_p99_seconds)
      ? ` From broker to row: half within ${latency(flow.e2e_p50_seconds)}, 99 % within ${latency(flow.e2e_p99_seconds)}.` : "";
    return { ...question, tone: "ok", form: "disc", answer: `Yes: ${rate(stored)} stored`,
      detail: `${rate(received)} received.${waiting}${speed}` };
  }
  if (!isKnown(received)) {
    return { ...question, tone: "warn", form: "triangle", answer: "It cannot be told now",
      detail: "mqtt-ingest has not told a rate yet." };
  }
  return { ...question, tone: "muted", form: "ring", answer: "Nothing comes in",
    detail: `No device has sent a reading.${waiting} Try \`sluice simulate --devices 10\`.` };
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

function isWrong({ instances = [] }, alerts) {
  const question = { key: "wrong", question: "What is wrong now?" };
  const ill = instances.filter(instance => !["ready", "left", "starting", "draining"].includes(instance.state));
  const firing = alerts?.firing ?? 0;
  const parts = [];
  if (ill.length > 0) parts.push(`${plural(ill.length, "instance")} not ready`);
  if (firing > 0) parts.push(`${plural(firing, "alert")} firing`);
  if (parts.length === 0) {
    const open = alerts?.open ?? 0;
    const detail = open > 0 ? `${plural(open, "alert")} open, in somebody's hands or pending.` : "Every instance is ready, no alert fires.";
    return { ...question, tone: "ok", form: "disc", answer: "Nothing", detail, href: "#/alerts" };
  }
  const isDown = ill.some(instance => ["down", "stalled"].includes(instance.state));
  const detail = ill.length > 0
    ? ill.slice(0, 3).map(instance => `${instance.instance} is ${instance.state}`).join("; ")
    : firstAlert(alerts);
  return { ...question, tone: isDown || firing > 0 ? "bad" : "warn", form: isDown ? "cross" : "triangle",
    answer: parts.join(", "), detail: stop(detail), href: ill.length > 0 ? "#/services" : "#/alerts" };
}

function firstAlert(alerts) {
  const first = alerts.latest?.[0];
  return first ? `${[first.device_id, first.sensor_type].filter(Boolean).join("/")}: ${first.why}` : "See the alerts.";
}
