// The exchanges with the program: new ones on top, filtered by whom, kind, failure.
import {all, asking, one} from "./common.js";

const KEPT = 200;

/** The list of a page: what to ask for, and what to do with the answer. */
export class Exchanges {
  constructor(within, changed) {
    this.box = one("[data-exchanges]", within);
    this.none = one("[data-no-traffic]", within);
    this.about = one("[data-about]", within);
    this.last = 0;
    const way = one("[data-way-filter]", within);
    const failed = one("[data-failed-filter]", within);
    this.about.addEventListener("change", () => {
      this.last = 0;
      this.box.replaceChildren();
      changed();
    });
    way.addEventListener("change", () => { this.box.dataset.only = way.value; });
    failed.addEventListener("change", () => { this.box.dataset.onlyFailed = failed.checked ? "1" : ""; });
  }

  query() {
    return {traffic: this.last, about: this.about.value};
  }

  take(answer, asked) {
    if (String(asked.about) !== this.about.value) return; // the choice has changed meanwhile
    if (answer.afresh) this.box.replaceChildren();
    this.last = answer.traffic;
    if (answer.exchanges) {
      const held = this.box.scrollTop;
      const before = this.box.scrollHeight;
      this.box.insertAdjacentHTML("afterbegin", answer.exchanges);
      if (held) this.box.scrollTop = held + this.box.scrollHeight - before; // stay where one reads
      all("details.exchange", this.box).slice(KEPT).forEach((old) => old.remove());
    }
    this.none.hidden = this.box.childElementCount > 0;
  }
}

export function traffic() {
  const page = one("[data-traffic]");
  if (!page) return;
  let asked = {};
  const list = new Exchanges(page, () => ask());
  const ask = asking(page.dataset.live, () => (asked = list.query()), (answer) => {
    list.take(answer, asked);
    one("[data-now]").textContent = answer.now;
  });
}
