// How the page asks. The token is kept for this tab only, and goes out in a header that no other site can make a browser send.

const tokenKey = "sluice.token";
const deadline = 10_000;
/** The monitor itself waits twenty seconds for the broker, and before that for its turn. */
const deadlines = { "/api/dlq/replay": 40_000 };

export const token = {
  get: () => sessionStorage.getItem(tokenKey),
  keep: text => sessionStorage.setItem(tokenKey, text),
  forget: () => sessionStorage.removeItem(tokenKey),
};

/** What the monitor refused, in its own words, or that it did not answer (status 0). */
export class Refusal extends Error {
  /** @param pause seconds after which the monitor would be asked again; 0: it names none */
  constructor(status, message, pause = 0) {
    super(message);
    Object.assign(this, { status, pause });
  }

  get isAboutToken() {
    return this.status === 401;
  }
}

function headers(more = {}) {
  const held = token.get();
  return held ? { ...more, Authorization: `Bearer ${held}` } : more;
}

async function send(path, options) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(deadlines[path] ?? deadline), ...options });
  } catch {
    throw new Refusal(0, "The monitor does not answer. Is it running? `sluice status` tells.");
  }
  if (answer.ok) return answer;
  throw await refusal(path, answer);
}

/** What the monitor says of why. */
export async function refusal(path, answer) {
  const text = await answer.text();
  const pause = Number(answer.headers.get("Retry-After")) || 0;
  return new Refusal(answer.status, sentence(text) || `${path} answered ${answer.status}`, pause);
}

function sentence(text) {
  try {
    return JSON.parse(text).error ?? "";
  } catch {
    return text.trim();
  }
}

async function json(answer) {
  const text = await answer.text();
  return text ? JSON.parse(text) : {};
}

/** @param query names and values; empty ones are left out. */
export async function ask(path, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(pairs).toString();
  return json(await send(text ? `${path}?${text}` : path, { headers: headers() }));
}

/** Asks for something to be done. */
export async function post(path, body) {
  const options = { method: "POST", headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(body) };
  return json(await send(path, options));
}
