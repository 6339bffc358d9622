// One person's phone: the chat, the menu, what a person can do; beside it people and traffic.
import {all, asking, one, place, post} from "./common.js";
import {Exchanges} from "./traffic.js";
import {marked, seen} from "./unread.js";

export function phone() {
  const page = one("[data-phone]");
  if (page) new Phone(page);
}

class Phone {
  constructor(page) {
    this.page = page;
    this.openid = page.dataset.openid;
    this.chat = one("[data-chat]");
    this.error = one("[data-error]");
    this.menu = one("[data-menu]");
    this.people = one("[data-people]");
    this.shown = 0;
    this.atBottom = true;
    this.menu.dataset.key = this.menu.dataset.menuKey;
    this.switchTo(this.menu.childElementCount > 0);
    this.sides();
    let asked = {};
    this.exchanges = new Exchanges(page, () => this.ask());
    this.ask = asking(page.dataset.live, () => (asked = this.query()), (answer) => {
      this.take(answer);
      this.exchanges.take(answer, asked);
    });
    this.listen();
  }

  query() {
    return {
      shown: this.shown,
      state: one("[data-state]").dataset.key || "",
      menu: this.menu.dataset.key || "",
      people: this.people.dataset.key || "",
      q: one("[data-search]").value,
      ...this.exchanges.query(),
    };
  }

  // --- what the server tells ------------------------------------------------------------------

  take(answer) {
    const title = one("[data-title]");
    const whose = answer.typing ? "对方正在输入…" : "公众号";
    if (title.textContent !== whose) title.textContent = whose;
    const follow = one("[data-follow]");
    follow.dataset.act = answer.subscribed ? "unfollow" : "follow";
    const words = answer.subscribed ? "取消关注" : "关注";
    if (follow.textContent !== words) follow.textContent = words;
    place(one("[data-state]"), answer.state);
    const had = this.menu.childElementCount > 0;
    if (place(this.menu, answer.menu)) {
      const has = this.menu.childElementCount > 0;
      if (has !== had) this.switchTo(has);
    }
    this.bubbles(answer);
    place(this.people, answer.people);
    seen(this.openid, answer.shown);
    marked(this.people, one("[data-unread-all]"), this.openid);
    all("[data-now]").forEach((box) => { box.textContent = answer.now; });
  }

  bubbles(answer) {
    if (!answer.chat || (answer.shown === this.shown && !answer.whole)) return;
    const chat = this.chat;
    const first = this.shown === 0;
    if (answer.whole) {
      // The first filling is no news: a screen reader is not to read it all out.
      chat.setAttribute("aria-live", "off");
      chat.innerHTML = answer.chat;
      requestAnimationFrame(() => chat.setAttribute("aria-live", "polite"));
    } else {
      chat.insertAdjacentHTML("beforeend", answer.chat);
    }
    this.shown = answer.shown;
    if (first || this.atBottom || chat.lastElementChild?.classList.contains("user")) this.toBottom();
    else one("[data-fresh]").hidden = false;
  }

  toBottom() {
    this.atBottom = true;
    this.chat.scrollTop = this.chat.scrollHeight;
    one("[data-fresh]").hidden = true;
  }

  // --- what the person does -------------------------------------------------------------------

  async act(name, fields = {}) {
    try {
      const done = await post(name, {openid: this.openid, ...fields});
      this.error.hidden = true;
      this.ask();
      return done;
    } catch (refused) {
      this.error.textContent = refused.message;
      this.error.hidden = false;
      return null;
    }
  }

  async press(button) {
    const {act, asks, proposed, field, sure, codeFrom, tap} = button.dataset;
    if (sure && !(await this.question(sure, null))) return;
    const text = asks ? await this.question(asks, proposed) : "";
    if (text === null) return;
    if (tap !== undefined) return this.tap(button.dataset, text);
    const fields = asks ? {[field]: text} : {};
    if (codeFrom !== undefined) fields.code = one("[data-code]").value;
    this.panels(null);
    await this.act(act, fields);
  }

  async tap({tap: path, kind, url}, result) {
    this.openSub(null);
    // At once: a window that is opened after waiting for the server would be blocked.
    const opens = kind === "scancode_push" && /^https?:\/\//.test(result) ? result : url;
    if (opens) window.open(opens, "_blank", "noopener,noreferrer");
    await this.act("tap", {path, result});
  }

  /** Asks in a dialogue. null: thought better of it. Without `proposed` only yes or no. */
  question(words, proposed) {
    const dialogue = one("[data-ask]");
    const text = one("input", dialogue);
    one("label", dialogue).textContent = words;
    text.hidden = proposed === null;
    text.value = proposed || "";
    dialogue.returnValue = "";
    dialogue.showModal();
    text.select();
    return new Promise((told) => {
      dialogue.onclose = () => told(dialogue.returnValue === "ok" ? text.value || "ok" : null);
    });
  }

  // --- bars and panels ------------------------------------------------------------------------

  switchTo(menu) {
    const has = this.menu.childElementCount > 0;
    const button = one("[data-switch]");
    button.hidden = !has;
    button.setAttribute("aria-pressed", String(menu && has));
    button.textContent = menu && has ? "⌨" : "☰";
    this.menu.hidden = !(menu && has);
    one("[data-say]").hidden = menu && has;
    this.panels(null);
  }

  panels(name) {
    for (const button of all("[data-panel]")) {
      const open = button.dataset.panel === name && button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      one(`#${button.dataset.panel}`).hidden = !open;
    }
  }

  openSub(id) {
    for (const button of all("[data-open]", this.menu)) {
      const open = button.dataset.open === id && button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      document.getElementById(button.dataset.open).hidden = !open;
    }
  }

  /** Open beside the phone where there is room. */
  sides() {
    const wide = matchMedia("(min-width: 64rem)");
    const set = () => all("[data-side]").forEach((side) => { side.open = wide.matches; });
    set();
    wide.addEventListener("change", set);
  }

  // --- listening ------------------------------------------------------------------------------

  listen() {
    this.page.addEventListener("click", (event) => this.clicked(event));
    this.page.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      const open = one("[data-open][aria-expanded=true]", this.menu);
      this.openSub(null);
      this.panels(null);
      open?.focus();
    });
    this.chat.addEventListener("scroll", () => {
      const {scrollHeight, scrollTop, clientHeight} = this.chat;
      this.atBottom = scrollHeight - scrollTop - clientHeight < 40;
      if (this.atBottom) one("[data-fresh]").hidden = true;
    });
    // A panel that opens, a state of two lines: whoever reads the last line goes on reading it.
    new ResizeObserver(() => this.atBottom && this.toBottom()).observe(this.chat);
    one("[data-fresh]").addEventListener("click", () => this.toBottom());
    one("[data-close]").addEventListener("click", () => one("[data-ask]").close());
    one("[data-search]").addEventListener("input", () => this.ask());
    one("[data-say]").addEventListener("submit", (event) => this.say(event));
    one("[data-new]").addEventListener("submit", (event) => this.newcomer(event));
    this.clock();
  }

  clicked(event) {
    // Pages of the platform's that are met on the way know by this who holds the phone.
    if (event.target.closest("a[target=_blank], [data-url]")) {
      document.cookie = `as=${encodeURIComponent(this.openid)}; path=/; SameSite=Lax`;
    }
    const button = event.target.closest("button");
    if (!button) return;
    const {notice} = button.dataset;
    if (notice) return this.notices(notice === "1");
    const {open, panel, emoji, sayText, menuId} = button.dataset;
    if (open) this.openSub(open);
    else if (panel) this.panels(panel);
    else if (emoji) this.insert(emoji);
    else if (sayText !== undefined) this.act("say", {text: sayText, menu_id: menuId});
    else if ("switch" in button.dataset) this.switchTo(this.menu.hidden);
    else if (button.dataset.act || button.dataset.tap !== undefined) this.press(button);
  }

  notices(accepted) {
    const chosen = all("[data-notices] input:checked").map((box) => box.value);
    this.act("accept_notice", {template_ids: chosen, accepted});
  }

  insert(emoji) {
    const text = one("#text");
    text.setRangeText(emoji, text.selectionStart, text.selectionEnd, "end");
    text.focus();
  }

  async say(event) {
    event.preventDefault();
    const text = one("#text");
    const words = text.value;
    text.value = "";
    if (!(await this.act("say", {text: words})) && !text.value) text.value = words;
  }

  async newcomer(event) {
    event.preventDefault();
    const done = await this.act("follow", {openid: "", name: event.target.elements.name.value});
    if (done) location.assign(`/phone/${encodeURIComponent(done.openid)}`);
  }

  clock() {
    const form = one("[data-clock]");
    const move = (seconds) => seconds > 0 && this.act("advance", {seconds});
    form.addEventListener("click", (event) => {
      const {advance} = event.target.closest("button")?.dataset || {};
      if (advance) move(Number(advance));
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      move(Number(form.elements.minutes.value) * 60);
    });
  }
}
