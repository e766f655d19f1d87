// Figures and times in few characters. Times are UTC, as in logs and in the database.

const unknown = "–";

export function isKnown(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function scaled(value, step, units) {
  let place = 0;
  while (Math.abs(value) >= step && place < units.length - 1) {
    value /= step;
    place += 1;
  }
  const digits = place === 0 && step === 1024 ? 0 : Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 1;
  return value.toFixed(digits) + units[place];
}

/** `950`, `1.2k`, `3.4M`. */
export function count(value) {
  return isKnown(value) ? scaled(value, 1000, ["", "k", "M", "G"]) : unknown;
}

/** Every digit: `1,204,311`. */
export function whole(value) {
  return isKnown(value) ? Math.round(value).toLocaleString("en") : unknown;
}

export function plural(number, one, many = `${one}s`) {
  return `${whole(number)} ${number === 1 ? one : many}`;
}

export function rate(value) {
  return isKnown(value) ? `${count(Math.abs(value) < 10 ? Math.round(value * 10) / 10 : Math.round(value))}/s` : unknown;
}

export function bytes(value) {
  return isKnown(value) ? scaled(value, 1024, [" B", " KiB", " MiB", " GiB"]) : unknown;
}

export function percent(share) {
  return isKnown(share) ? `${Math.round(share * 100)} %` : unknown;
}

/** A reading's value: four or five digits are what a sensor knows. */
export function value(number) {
  if (!isKnown(number)) return unknown;
  const size = Math.abs(number);
  if (size !== 0 && (size < 0.001 || size >= 1e7)) return number.toExponential(3);
  return String(Number(number.toPrecision(size >= 1000 ? 7 : 5)));
}

/** `850 µs`, `12 ms`, `3.4 s`, `5 min`. */
export function latency(seconds) {
  if (!isKnown(seconds)) return unknown;
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : age(seconds);
}

/** `42 s`, `12 min`, `3 h 20 min`, `5 d 2 h`. */
export function age(seconds) {
  if (!isKnown(seconds)) return unknown;
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** `21:08:51`. */
export function clock(unixSeconds) {
  return isKnown(unixSeconds) ? new Date(unixSeconds * 1000).toISOString().slice(11, 19) : unknown;
}

/** `2026-11-22 21:08:51`. */
export function moment(iso) {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? unknown : new Date(time).toISOString().slice(0, 19).replace("T", " ");
}

export function ago(iso, now = Date.now()) {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? unknown : `${age((now - time) / 1000)} ago`;
}
