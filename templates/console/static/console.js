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

// A chip puts its variable where the cursor stands.
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-chip]");
  if (!chip) return;
  const field = document.getElementById(chip.parentElement.dataset.into);
  field.setRangeText(chip.dataset.chip, field.selectionStart, field.selectionEnd, "end");
  field.focus();
});
