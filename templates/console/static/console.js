// The little that the console needs a script for: the menu on a phone, and asking twice.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-toggle]");
  if (!button) return;
  const open = document.getElementById(button.dataset.toggle).classList.toggle("show");
  button.setAttribute("aria-expanded", String(open));
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

// Of a list of which several may be chosen, a click takes or leaves one; no Ctrl is wanted.
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest?.("select[multiple] option");
  if (!option || event.button || event.shiftKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const select = option.closest("select");
  const top = select.scrollTop;
  option.selected = !option.selected;
  select.focus({ preventScroll: true });
  select.scrollTop = top;
  for (const kind of ["input", "change"]) select.dispatchEvent(new Event(kind, { bubbles: true }));
});

// A chip puts its variable where the cursor stands.
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-chip]");
  if (!chip) return;
  const field = document.getElementById(chip.parentElement.dataset.into);
  field.setRangeText(chip.dataset.chip, field.selectionStart, field.selectionEnd, "end");
  field.focus();
});
