// The event stream, read with fetch, since EventSource cannot send a token. It never gives up, but rests while nobody looks: a
// browser has six connections to one address for all of its tabs together.
import { token, refusal } from "./api.js";

const shortestPause = 250;
const longestPause = 3000;

/**
 * Reads until the page goes.
 *
 * @param handle (name, data) => void
 * @param broken (error) => Promise, called after each end; what it returns is waited for
 * @param patience () => milliseconds: whoever is silent for so long is gone, or a proxy holds it back
 */
export async function follow(path, { handle, broken, patience }) {
  let pause = shortestPause;
  for (;;) {
    await isLookedAt();
    let failure = null;
    try {
      await read(path, patience, (name, data) => {
        pause = shortestPause;
        handle(name, data);
      });
    } catch (error) {
      failure = error;
    }
    await broken(failure);
    if (document.hidden) continue;
    const asked = (failure?.pause ?? 0) * 1000;
    await new Promise(resolve => setTimeout(resolve, Math.max(asked, pause * (0.75 + Math.random() / 2))));
    pause = Math.min(longestPause, pause * 2);
  }
}

function isLookedAt() {
  if (!document.hidden) return undefined;
  return new Promise(resolve => document.addEventListener("visibilitychange", resolve, { once: true }));
}

async function read(path, patience, handle) {
  const abort = new AbortController();
  const rest = () => document.hidden && abort.abort();
  document.addEventListener("visibilitychange", rest);
  let timer = setTimeout(() => abort.abort(), patience());
  try {
    const held = token.get();
    const answer = await fetch(path, {
      cache: "no-store", signal: abort.signal, headers: held ? { Authorization: `Bearer ${held}` } : {},
    });
    if (!answer.ok) throw await refusal(path, answer);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventParser(handle);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), patience());
      parser.take(value);
    }
  } finally {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", rest);
    abort.abort();
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html, as far as the monitor uses it. */
export class EventParser {
  #rest = "";
  #name = "";
  #data = [];

  constructor(handle) {
    this.handle = handle;
  }

  take(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop();
    for (const line of lines) this.#line(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  #line(line) {
    if (line === "") this.#dispatch();
    else if (line.startsWith("event:")) this.#name = line.slice(6).trim();
    else if (line.startsWith("data:")) this.#data.push(line.slice(5).trimStart());
  }

  #dispatch() {
    const [name, data] = [this.#name || "message", this.#data.join("\n")];
    [this.#name, this.#data] = ["", []];
    if (data) this.handle(name, JSON.parse(data));
  }
}
