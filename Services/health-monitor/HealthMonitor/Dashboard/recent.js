// What flowed over the last half minute. A rate of one second says little of devices that send every ten.
import { isKnown } from "./text.js";

const length = 30;
/** Of so much of it something must be known before anybody says that nothing was stored. */
const enough = 25;
/** A rate that was not told for longer is not known any more. */
const staleAfter = 5;

/** One look of the monitor's, in what is judged here. Times are Unix seconds. */
export function look(status) {
  const flow = status.flow ?? {};
  const links = (status.links ?? []).filter(link => link.to !== "aggregator" && isKnown(link.in_flight));
  return {
    time: Date.parse(status.time) / 1000, seconds: status.poll_seconds ?? 1, received: flow.received_per_second, stored: flow.stored_per_second,
    spool: flow.spool_readings, inFlight: links.reduce((sum, link) => sum + link.in_flight, 0),
  };
}

/** Adds a look, and forgets those that are too old. */
export function remember(looks, status) {
  const now = look(status);
  const last = looks.at(-1);
  if (!Number.isFinite(now.time) || now.time === last?.time) return;
  // A clock that was set back begins anew.
  if (last && now.time < last.time) looks.length = 0;
  looks.push(now);
  while (looks[0].time < now.time - length) looks.shift();
}

/**
 * @param looks the monitor's since the page heard of it
 * @param history what was before, in means of a few seconds
 * @returns { received, stored, seconds, isStuck }: means a second and of how long; of both null when nothing is known
 */
export function recent(looks, history) {
  const now = looks.at(-1)?.time ?? 0;
  const all = [...before(looks, history), ...looks].filter(one => isKnown(one.received));
  if (all.length === 0 || now - all.at(-1).time > staleAfter) return { received: null, stored: null, seconds: 0, isStuck: false };
  const seconds = Math.min(length, all.reduce((sum, one) => sum + one.seconds, 0));
  const mean = figure => all.reduce((sum, one) => sum + (one[figure] ?? 0) * one.seconds, 0) / all.reduce((sum, one) => sum + one.seconds, 0);
  const [received, stored] = [mean("received"), mean("stored")];
  return { received, stored, seconds: Math.round(seconds), isStuck: received > 0 && stored === 0 && seconds >= enough && isHeldUp(all) };
}

function before(looks, { times, interval_seconds: seconds, received_per_second: received, stored_per_second: stored, spool_readings: spool }) {
  const [first, last] = [looks[0]?.time ?? 0, looks.at(-1)?.time ?? 0];
  // A point is of the seconds after its time.
  return times.map((time, index) => ({ time, seconds, received: received[index], stored: stored[index], spool: spool[index] }))
    .filter(one => one.time >= last - length && one.time + seconds <= first);
}

/** Something waits, and it does not become less. What is neither stored nor waits is a dead letter, or was stored before. */
function isHeldUp(all) {
  const [first, last] = [all[0], all.at(-1)];
  const held = one => (one.spool ?? 0) + (isKnown(first.inFlight) ? one.inFlight ?? 0 : 0);
  const waits = (last.spool ?? 0) + (last.inFlight ?? 0);
  return waits > 0 && held(last) >= held(first);
}
