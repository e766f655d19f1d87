// Joins the event stream, the pages and the frame around them.
import { h, fill, say, set } from "./dom.js";
import { age, clock } from "./text.js";
import { ask, token } from "./api.js";
import { store, watch, change, extend, emptyHistory } from "./store.js";
import { remember } from "./recent.js";
import { follow } from "./stream.js";
import { place } from "./router.js";
import { askForToken } from "./dialogs.js";
import { notice } from "./notices.js";
import { Overview } from "./overview.js";
import { Ledger } from "./ledger.js";
import { Alerts } from "./alerts.js";
import { Alert } from "./alert.js";
import { Devices } from "./devices.js";
import { Device } from "./device.js";
import { DeadLetters } from "./deadletters.js";
import { DeadLetter } from "./deadletter.js";

const main = document.getElementById("main");
/** A second without a word is none to speak of; nor is what the first connection takes. */
const [shortSilence, firstSilence] = [1000, 4000];
const listPages = { alerts: Alerts, devices: Devices, dlq: DeadLetters, ledger: Ledger };
const itemPages = { alerts: Alert, devices: Device, dlq: DeadLetter };
let page = null;
/** When somebody began to look: before, the page did not listen. */
let lookedAt = Date.now();
let isTokenDeclined = false;

function poll() {
  return 1000 * (store.status?.poll_seconds ?? 1);
}

/** Longer than this without a word, and what is shown may be wrong. */
function staleAfter() {
  return Math.max(3500, 2.5 * poll());
}

function openPage(isFirst) {
  const where = place();
  const [name = ""] = where.parts;
  const Page = (where.parts.length > 1 ? itemPages[name] : listPages[name]) ?? Overview;
  page?.close();
  fill(main);
  page = new Page(main, where);
  document.title = `${page.title} – Sluice`;
  const current = itemPages[name] ? name : name === "ledger" ? "" : "overview";
  for (const link of document.querySelectorAll("nav a[data-page]")) {
    set(link, "aria-current", link.dataset.page === current ? "page" : false);
  }
  if (isFirst || (Page === Overview && where.parts.length > 0)) return;
  // Screen readers begin where the new page does.
  main.querySelector("h1")?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

function hear(name, data) {
  const update = {
    status: known => {
      known.status = data;
      remember(known.looks, data);
    },
    history: known => extend(known.history, data),
    alerts: known => { known.alerts = data; },
  }[name];
  if (!update) return;
  const wasHeard = store.isHeard;
  change(name, known => {
    update(known);
    [known.isHeard, known.heardAt, known.refusal] = [true, Date.now(), null];
  });
  if (!wasHeard) loadHistory();
}

/** After each silence anew: the monitor may have seen what this page has not, or have begun anew itself. */
async function loadHistory() {
  try {
    const past = await ask("/api/history", { minutes: 60 });
    change("history", known => { known.history = { ...emptyHistory(), ...past }; });
  } catch {
    // The stream goes on without: the charts begin now, and get their past when it can be had.
    if (store.isHeard) setTimeout(loadHistory, 2000);
  }
}

async function broken(error) {
  change("connection", known => {
    known.isHeard = false;
    known.refusal = error?.status > 0 ? error : null;
  });
  // Once without being asked; whoever has declined is shown where to give it.
  if (error?.status === 401 && !isTokenDeclined) await giveToken();
}

async function giveToken() {
  isTokenDeclined = !await askForToken("This monitor shows nothing without the operators' token.");
}

function tellLiveness() {
  if (document.hidden) return;
  const isLive = store.isHeard && Date.now() - store.heardAt < staleAfter();
  const silence = Date.now() - Math.max(store.heardAt, lookedAt);
  const isSilent = silence > (store.heardAt > 0 ? shortSilence : firstSilence);
  const bar = document.getElementById("silence");
  bar.hidden = isLive || !(store.refusal || isSilent);
  if (!bar.hidden) say(bar.firstElementChild, trouble());
  bar.lastElementChild.hidden = store.refusal?.status !== 401;
  set(document.body, "data-live", String(isLive));
  say(document.getElementById("liveness"), isLive ? `live, ${clock(Date.parse(store.status?.time ?? "") / 1000)} UTC` : store.heardAt ? "not live" : "connecting");
}

/** Why nothing new comes, in the monitor's words where it has said some. */
function trouble() {
  const why = store.refusal ? sentence(store.refusal.message) : "The monitor does not answer.";
  const old = store.heardAt > 0 && `What is below is old, from ${clock(store.heardAt / 1000)} UTC, ${age((Date.now() - store.heardAt) / 1000)} ago.`;
  return [why, old, "This page tries again by itself."].filter(Boolean).join(" ");
}

function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

function tellAlerts() {
  const badge = document.getElementById("open-alerts");
  const firing = store.alerts?.known === false ? 0 : store.alerts?.firing ?? 0;
  badge.hidden = firing === 0;
  say(badge.firstChild, String(firing));
}

function tellToken() {
  say(document.getElementById("token"), token.get() ? "Forget token" : "Token");
}

document.getElementById("token").addEventListener("click", () => {
  if (!token.get()) return askForToken();
  token.forget();
  tellToken();
  notice("The token is forgotten; nothing can be changed from this tab.");
});
document.getElementById("give-token").addEventListener("click", giveToken);
document.addEventListener("sluice-token", tellToken);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  lookedAt = Date.now();
  tellLiveness();
});
document.addEventListener("sluice-changed", () => page?.refresh?.now());
document.querySelector(".skip").addEventListener("click", event => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", () => openPage(false));
watch((what, known) => {
  page?.update(what, known);
  if (what === "alerts") {
    tellAlerts();
    page?.update("status", known);
  }
  if (what === "status" || what === "connection") tellLiveness();
});
setInterval(tellLiveness, 1000);
tellToken();
openPage(true);
follow("/api/events", {
  handle: hear, broken, patience: () => Math.max(6000, 4 * poll()),
});
