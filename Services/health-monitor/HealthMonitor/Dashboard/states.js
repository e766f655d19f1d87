// What each state looks like: always a form and a word beside the colour.
import { badge, updateBadge } from "./dom.js";

const looks = {
  ready: ["ok", "disc"], degraded: ["warn", "triangle"], starting: ["info", "half"], draining: ["info", "half"],
  stalled: ["bad", "diamond"], down: ["bad", "cross"], restarted: ["bad", "cross"], left: ["muted", "ring"],
  online: ["ok", "disc"], offline: ["bad", "cross"], unknown: ["muted", "ring"],
  critical: ["bad", "diamond"], warning: ["warn", "triangle"], info: ["info", "disc"],
  firing: ["bad", "triangle"], acknowledged: ["info", "half"], pending: ["muted", "ring"], resolved: ["ok", "disc"],
  open: ["warn", "triangle"], requested: ["info", "half"], replayed: ["ok", "disc"], dropped: ["muted", "ring"],
  balanced: ["ok", "disc"], unbalanced: ["bad", "cross"], off: ["bad", "cross"],
  active: ["info", "half"], scheduled: ["muted", "ring"], expired: ["muted", "ring"], ended: ["muted", "ring"],
};

export function look(state) {
  return looks[state] ?? ["muted", "ring"];
}

export function stateBadge(state) {
  return badge(state, ...look(state));
}

export function updateState(element, state) {
  updateBadge(element, state, ...look(state));
}
