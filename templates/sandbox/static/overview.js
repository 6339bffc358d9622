// The overview: counters asked for every second; the account's settings fetched when opened.
import {one} from "./common.js";

export function overview() {
  const box = one("[data-poll]");
  if (!box) return;
  const settings = one("[data-load]");
  settings.addEventListener("toggle", async () => {
    if (!settings.open) return;
    const answer = await fetch(settings.dataset.load, {cache: "no-store"});
    if (answer.ok) one("[data-into]", settings).innerHTML = await answer.text();
  });
  const refresh = async () => {
    // Whoever stands on a link of the table by keyboard keeps the place.
    if (box.contains(document.activeElement) || document.hidden) return;
    try {
      const answer = await fetch(box.dataset.poll, {cache: "no-store"});
      if (answer.ok) box.innerHTML = await answer.text();
    } catch { /* the sandbox is away */ }
  };
  refresh();
  setInterval(refresh, 1000);
}
