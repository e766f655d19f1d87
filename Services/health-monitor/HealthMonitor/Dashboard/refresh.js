// Asks again and again, one question at a time, while the page is looked at.
import { h, fill } from "./dom.js";
import { askForToken } from "./dialogs.js";

export class Refresh {
  #timer = null;
  #round = 0;
  #isClosed = false;

  /**
   * @param load () => Promise of data
   * @param show (data) => void
   * @param trouble an element that says why nothing new comes
   * @param every milliseconds
   */
  constructor(load, show, trouble, every) {
    Object.assign(this, { load, show, trouble, every });
    this.wake = () => document.hidden || this.now();
    document.addEventListener("visibilitychange", this.wake);
    document.addEventListener("sluice-token", this.wake);
    this.now();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.wake);
    document.removeEventListener("sluice-token", this.wake);
  }

  /** An answer to an older question does not come after this one's. */
  async now() {
    clearTimeout(this.#timer);
    const round = this.#round += 1;
    try {
      const data = await this.load();
      if (this.#isClosed || round !== this.#round) return;
      fill(this.trouble);
      this.show(data);
    } catch (error) {
      if (this.#isClosed || round !== this.#round) return;
      this.#fail(error);
    }
    if (!document.hidden) this.#timer = setTimeout(() => this.now(), this.every);
  }

  #fail(error) {
    if (this.trouble.textContent.startsWith(error.message)) return;
    const key = error.isAboutToken && h("button", { type: "button", onclick: () => askForToken() }, "Give the token");
    fill(this.trouble, h("p", { class: "error", role: "alert" }, `${error.message} `, key));
  }
}
