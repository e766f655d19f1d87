// Joins the event stream, the pages and the frame around them.
import { h, fill, say, set } from "./dom.js";
import { age, clock } from "./text.js";
import { ask, token } from "./api.js";
import { store, watch, change, extend, emptyHistory } from "./store.js";
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
/** Longer than this without a word, and what is shown may be wrong. */
const staleAfter = 3500;
const listPages = { alerts: Alerts, devices: Devices, dlq: DeadLetters, ledger: Ledger };
const itemPages = { alerts: Alert, devices: Device, dlq: DeadLetter };
let page = null;

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
    status: known => { known.status = data; },
    history: known => extend(known.history, data),
    alerts: known => { known.alerts = data; },
  }[name];
  if (!update) return;
  const wasHeard = store.isHeard;
  change(name, known => {
    update(known);
    [known.isHeard, known.heardAt] = [true, Date.now()];
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
  change("connection", known => { known.isHeard = false; });
  if (error?.status === 401) await askForToken("This monitor shows nothing without the operators' token.");
}

function tellLiveness() {
  const silence = Date.now() - store.heardAt;
  const isLive = store.isHeard && silence < staleAfter;
  const bar = document.getElementById("silence");
  const isOld = store.heardAt > 0 && !isLive && silence > staleAfter - 2500;
  if (isOld) say(bar, `The monitor does not answer; what is below is old, from ${clock(store.heardAt / 1000)} UTC, ${age(silence / 1000)} ago. This page tries again by itself.`);
  else if (store.heardAt === 0 && performance.now() > 4000) say(bar, "The monitor does not answer. This page tries again by itself.");
  bar.hidden = isLive || (store.heardAt > 0 ? !isOld : performance.now() <= 4000);
  set(document.body, "data-live", String(isLive));
  say(document.getElementById("liveness"), isLive ? `live, ${clock(Date.parse(store.status?.time ?? "") / 1000)} UTC` : store.heardAt ? "not live" : "connecting");
}

function tellAlerts() {
  const badge = document.getElementById("open-alerts");
  const firing = store.alerts?.firing ?? 0;
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
document.addEventListener("sluice-token", tellToken);
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
follow("/api/events", hear, broken);
