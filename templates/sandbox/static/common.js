// What every page needs: asking the server, again and again; copying; parts that have changed.

export const one = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

const LIVELY = 2000; // for so long after an act its answer is looked for more often

/** Asks with `query`, hands the answer on, and asks again. The returned function asks at once. */
export function asking(address, query, answered) {
  let timer = 0;
  let busy = false;
  let again = false;
  let lively = 0;
  const gap = () => {
    if (again) return 0;
    if (document.hidden) return 5000;
    return Date.now() < lively ? 150 : 1000;
  };
  async function ask() {
    clearTimeout(timer);
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(`${address}?${new URLSearchParams(query())}`, {cache: "no-store"});
      if (answer.ok) answered(await answer.json());
    } catch { /* the sandbox is away: the page stays as it was */ }
    busy = false;
    timer = setTimeout(ask, gap());
    again = false;
  }
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  ask();
  return () => {
    lively = Date.now() + LIVELY;
    ask();
  };
}

/** A control call. The answer's JSON; an Error with the server's words where it is refused. */
export async function post(act, fields) {
  const answer = await fetch(`/sandbox/${act}`, {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify(fields),
  });
  const found = await answer.json().catch(() => ({}));
  if (answer.ok) return found;
  const words = found.error || answer.statusText;
  throw new Error(words.endsWith("does not follow the account") ? "请先关注 · Follow first" : words);
}

/** Puts a changed fragment in its place; whoever stands in it by keyboard keeps the place. */
export function place(box, part) {
  if (!part || box.dataset.key === part.key) return false;
  const held = box.contains(document.activeElement) ? document.activeElement : null;
  const mark = held && (held.dataset.person || held.dataset.tap || held.dataset.open);
  box.innerHTML = part.html;
  box.dataset.key = part.key;
  if (mark) all("[data-person],[data-tap],[data-open]", box).find((found) =>
    [found.dataset.person, found.dataset.tap, found.dataset.open].includes(mark))?.focus();
  return true;
}

export function copying() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await copy(button.dataset.copy);
    const words = button.innerHTML;
    button.textContent = "已复制";
    setTimeout(() => { button.innerHTML = words; }, 1200);
  });
}

async function copy(text) {
  if (navigator.clipboard) {
    try {
      return await navigator.clipboard.writeText(text);
    } catch { /* no permission: the old way */ }
  }
  const box = document.createElement("textarea");
  box.value = text;
  document.body.append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
}
