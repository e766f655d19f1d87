// Questions to whoever is at the screen: native dialogs, which keep the focus inside and close with Escape.
import { h } from "./dom.js";
import { ask, post, token } from "./api.js";
import { notice } from "./notices.js";

const nameKey = "sluice.name";

/** Whoever acts, as alerts remember it; kept in this browser. */
export const person = {
  get: () => localStorage.getItem(nameKey) ?? "",
  keep: name => localStorage.setItem(nameKey, name),
};

let serial = 0;

/**
 * @param fields [{ name, label, value, hint, type, options, isRequired }]
 * @param act (answers) => Promise; what it throws is shown and the dialog stays
 * @returns a promise: whether it was done
 */
export function form({ title, text = [], fields = [], done, isDangerous = false }, act) {
  const id = `dialog-${serial += 1}`;
  const inputs = fields.map(field => input(field, `${id}-${field.name}`));
  const error = h("p", { class: "error", role: "alert" });
  const submit = h("button", { type: "submit", class: isDangerous ? "danger" : "primary" }, done);
  const body = h("form", { method: "dialog" },
    h("h2", { id }, title), [text].flat().map(part => typeof part === "string" ? h("p", {}, part) : part), inputs, error,
    h("div", { class: "buttons" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"), submit));
  const dialog = h("dialog", { "aria-labelledby": id }, body);
  return new Promise(resolve => {
    let isDone = false;
    body.addEventListener("submit", async event => {
      event.preventDefault();
      submit.disabled = true;
      try {
        await act(Object.fromEntries(new FormData(body)));
        isDone = true;
        dialog.close();
      } catch (refusal) {
        error.textContent = refusal.message;
      } finally {
        submit.disabled = false;
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(isDone);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function input({ name, label, value = "", hint, type = "text", options, isRequired = false }, id) {
  const attributes = { id, name, required: isRequired, "aria-describedby": hint ? `${id}-hint` : false, autocomplete: "off" };
  const control = options
    ? h("select", attributes, options.map(([word, text]) => h("option", { value: word, selected: word === value }, text)))
    : h("input", { ...attributes, type, value });
  return h("div", { class: "field" }, h("label", { for: id }, label), control, hint && h("small", { id: `${id}-hint` }, hint));
}

/** Asks for the operators' token and keeps it when the monitor takes it. */
export async function askForToken(reason = "") {
  if (document.querySelector("dialog[open].token")) return false;
  const where = h("p", {}, "On the machine where Sluice runs, ", h("code", {}, "sluice token"),
    " prints it; elsewhere it is what ", h("code", {}, "http.operator_token"), " of health-monitor's settings holds.");
  const done = form({
    title: "The operators' token", text: [reason, where].filter(Boolean),
    fields: [{ name: "token", label: "Token", type: "password", isRequired: true, hint: "It is kept for this tab until you close it." }],
    done: "Use it",
  }, async answers => tryToken(answers.token.trim()));
  document.querySelector("dialog:last-of-type")?.classList.add("token");
  return done;
}

async function tryToken(text) {
  const before = token.get();
  token.keep(text);
  try {
    const session = await ask("/api/session");
    if (session.changes === "shut") {
      throw new Error("Changes are shut on this monitor: give it http.operator_token, or http.operator_token_file, and start it again.");
    }
    if (!session.authorized) throw new Error("This is not the token.");
  } catch (error) {
    if (before) token.keep(before); else token.forget();
    throw error;
  }
  notice("The token is taken; changes work now.");
  document.dispatchEvent(new Event("sluice-token"));
}

/** Sends a change, and asks for the token when there is none or it is not taken. */
export async function change(path, body) {
  if (!token.get() && !await askForToken("Whoever changes something shows the operators' token.")) throw new Error("Without the token nothing is changed.");
  try {
    return await post(path, body);
  } catch (refusal) {
    if (!refusal.isAboutToken || !await askForToken(refusal.message)) throw refusal;
    return post(path, body);
  }
}
