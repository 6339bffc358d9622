"use strict";
// The server's fragments are escaped by its templates; this file only fetches and places them.
const box = document.querySelector("[data-poll]");
const phone = document.querySelector("[data-phone]");
let shown = "";

async function refresh() {
  // Whoever stands on a link of the table by keyboard keeps the place.
  if (!phone && box.contains(document.activeElement)) return;
  try {
    const answer = await fetch(box.dataset.poll, {cache: "no-store"});
    if (!answer.ok) return;
    const html = await answer.text();
    const now = answer.headers.get("X-Shown") || "";
    if (phone && now === shown) return placeFollow(answer);
    box.innerHTML = html;
    if (phone) {
      placeFollow(answer);
      box.scrollTop = box.scrollHeight;
    }
    shown = now;
  } catch { /* the sandbox is away: the page stays as it was */ }
}

function placeFollow(answer) {
  const button = phone.querySelector("[data-follow]");
  const on = answer.headers.get("X-Subscribed") === "1";
  button.dataset.act = on ? "unfollow" : "follow";
  button.textContent = on ? button.dataset.on : button.dataset.off;
}

async function act(name, fields) {
  const error = phone.querySelector("[data-error]");
  const answer = await fetch(`/sandbox/${name}`, {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify({openid: phone.dataset.openid, ...fields}),
  });
  error.hidden = answer.ok;
  if (!answer.ok) error.textContent = answer.status === 409 ? "请先关注 · Follow first" : (await answer.json()).error;
  await refresh();
}

if (phone) {
  phone.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    const {act: name, key} = button.dataset;
    if (name === "view" && key) window.open(key, "_blank", "noopener");
    act(name, name === "view" ? {url: key} : {key});
  });
  phone.querySelector("[data-say]").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = event.target.elements.text;
    act("say", {text: text.value});
    text.value = "";
  });
}
if (box) {
  refresh();
  setInterval(refresh, 1000);
}
