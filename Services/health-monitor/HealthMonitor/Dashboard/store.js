// What is known of the pipeline now. The event stream writes it, pages read it.

const longestHistory = 3600;
const points = [
  "received_per_second", "stored_per_second", "e2e_p50_seconds", "e2e_p99_seconds", "spool_readings",
];

export const store = {
  status: null,
  /** What the last half minute's were. */
  looks: [],
  history: emptyHistory(),
  alerts: null,
  isHeard: false,
  /** What the monitor answered instead of events. */
  refusal: null,
  heardAt: 0,
};

const listeners = new Set();

/** @returns a function that ends it. */
export function watch(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @param what the part that changed: `status`, `history`, `alerts` or `connection`. */
export function change(what, update) {
  update(store);
  for (const listener of listeners) listener(what, store);
}

export function emptyHistory() {
  return { interval_seconds: 5, times: [], services: {}, ...Object.fromEntries(points.map(name => [name, []])) };
}

/** Adds one point, and forgets what is older than an hour. */
export function extend(history, point) {
  const time = typeof point.time === "number" ? point.time : Date.parse(point.time) / 1000;
  const last = history.times.at(-1);
  if (!Number.isFinite(time) || (last !== undefined && time <= last)) return;
  // What was not heard is a gap, not a line from one side to the other.
  if (last !== undefined && time - last > history.interval_seconds * 3) push(history, last + history.interval_seconds, {});
  push(history, time, point);
  while (history.times.length > 0 && history.times[0] < time - longestHistory) drop(history);
}

function push(history, time, point) {
  const length = history.times.length;
  history.times.push(time);
  for (const name of points) history[name].push(point[name] ?? null);
  for (const [service, figures] of Object.entries(point.services ?? {})) {
    history.services[service] ??= {};
    for (const name of Object.keys(figures)) history.services[service][name] ??= new Array(length).fill(null);
  }
  for (const [service, figures] of Object.entries(history.services)) {
    for (const name of Object.keys(figures)) figures[name].push(point.services?.[service]?.[name] ?? null);
  }
}

function drop(history) {
  for (const column of columns(history)) column.shift();
}

function columns(history) {
  const services = Object.values(history.services).flatMap(figures => Object.values(figures));
  return [history.times, ...points.map(name => history[name]), ...services];
}
