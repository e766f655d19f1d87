// What people do about alerts.
import { change, form, person } from "./dialogs.js";
import { notice } from "./notices.js";
import { h } from "./dom.js";
import { href } from "./router.js";

const spans = [["30m", "30 minutes"], ["2h", "2 hours"], ["8h", "8 hours"], ["24h", "a day"], ["168h", "a week"]];
const name = { name: "by", label: "Your name", isRequired: true };

export function subject(alert) {
  return [alert.device_id, alert.sensor_type].filter(Boolean).join(" / ");
}

export function alertLink(alert, text = subject(alert)) {
  return h("a", { href: href(["alerts", alert.id]) }, text);
}

export function canBeAcknowledged(alert) {
  return alert.state === "firing";
}

export function acknowledge(alert) {
  const text = `${subject(alert)}: ${alert.why} It goes on being watched; you say that you have it in hand.`;
  const fields = [{ ...name, value: person.get() }, { name: "note", label: "Note", hint: "What you found or will do." }];
  return form({ title: "Acknowledge this alert", text, fields, done: "Acknowledge" }, async ({ by, note }) => {
    person.keep(by);
    await change("/api/alerts/ack", { id: alert.id, by, note });
    notice(`Acknowledged: ${subject(alert)}. The detector takes it within a second or so.`);
  });
}

export function silence(alert) {
  const choices = [["series", "this sensor"], ["device", "the whole device"], ["detector", `${alert.detector} on this sensor`]];
  const fields = [
    { name: "scope", label: "What", value: "series", options: choices },
    { name: "for", label: "For how long", value: "2h", options: spans },
    { ...name, value: person.get() },
    { name: "reason", label: "Reason", isRequired: true, hint: "Such as: the pump is being serviced." },
  ];
  const text = `${subject(alert)}: nobody is told of alerts while it lasts; they are still recorded.`;
  return form({ title: "Silence alerts", text, fields, done: "Silence" }, async answers => {
    person.keep(answers.by);
    await change("/api/silences", { matchers: matchers(alert, answers.scope), owner: answers.by, reason: answers.reason, for: answers.for });
    notice(`Silenced: ${subject(alert)}.`);
  });
}

/** As anomaly-detector reads them. What is said of a device as a whole has no sensor. */
export function matchers(alert, scope) {
  const all = [`device=${alert.device_id}`];
  if (scope !== "device" && alert.sensor_type) all.push(`sensor=${alert.sensor_type}`);
  if (scope === "detector") all.push(`detector=${alert.detector}`);
  return all;
}

export function endSilence(silence) {
  const text = `${silence.matchers.join(", ")}: people are told again.`;
  return form({ title: "End this silence", text, fields: [{ ...name, value: person.get() }], done: "End it" }, async ({ by }) => {
    person.keep(by);
    await change("/api/silences/end", { id: silence.id, by });
    notice("The silence has ended.");
  });
}

export function buttons(alert, after) {
  const act = action => async () => {
    if (await action(alert)) after();
  };
  const about = ` ${subject(alert)}`;
  return h("span", { class: "buttons" },
    canBeAcknowledged(alert) && h("button", { type: "button", onclick: act(acknowledge) }, "Acknowledge", h("span", { class: "unseen" }, about)),
    alert.state !== "resolved" && h("button", { type: "button", onclick: act(silence) }, "Silence", h("span", { class: "unseen" }, about)));
}
