// The little that the console needs a script for: the menu on a phone, and asking twice.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-toggle]");
  if (!button) return;
  const open = document.getElementById(button.dataset.toggle).classList.toggle("show");
  button.setAttribute("aria-expanded", String(open));
});

// Escape shuts what a button unfolded, and goes back to that button.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  const button = document.querySelector('[data-toggle][aria-expanded="true"]');
  if (!button) return;
  button.click();
  button.focus();
});

// What cannot be undone is asked twice; without scripts the server still asks for the right.
document.addEventListener("submit", (event) => {
  const words = event.target.dataset.sure;
  if (words && !window.confirm(words)) event.preventDefault();
});

// "/" goes to the search box, unless somebody is writing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = document.querySelector(".find input");
  if (!box) return;
  event.preventDefault();
  box.focus();
});

// A long list of boxes is narrowed by typing; what is ticked stays in sight.
document.addEventListener("input", (event) => {
  const list = document.getElementById(event.target.dataset?.narrows ?? "");
  if (!list) return;
  const part = event.target.value.trim().toLowerCase();
  for (const one of list.children) {
    one.hidden = !one.textContent.toLowerCase().includes(part) && !one.querySelector(":checked");
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.dataset?.narrows) event.preventDefault();
});

// A chip puts its variable where the cursor stands.
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-chip]");
  if (!chip) return;
  const field = document.getElementById(chip.parentElement.dataset.into);
  field.setRangeText(chip.dataset.chip, field.selectionStart, field.selectionEnd, "end");
  field.focus();
});

// A part of the page is refused because the session is over or another one: a bar says so, and the
// page stays, for what is written in it. It goes when a part comes again.
const BARS = ["signed-out", "stale-form"];
for (const what of BARS) {
  document.addEventListener(what, () => {
    const bar = document.getElementById(what);
    if (bar) bar.hidden = false;
  });
}
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.xhr.status >= 400) return;
  for (const what of BARS) document.getElementById(what)?.setAttribute("hidden", "");
});
