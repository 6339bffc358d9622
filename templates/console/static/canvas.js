// The canvas stays where it was looked at, and the chosen step is in sight.
"use strict";

const canvas = document.getElementById("canvas");
const key = `canvas:${location.pathname}`;
const kept = (sessionStorage.getItem(key) || "").split(",").map(Number);
if (kept.length === 2) canvas.scrollTo(kept[0], kept[1]);
const chosen = canvas.querySelector(".node.chosen");
if (chosen) {
  const at = chosen.getBoundingClientRect();
  const frame = canvas.getBoundingClientRect();
  if (at.left < frame.left || at.right > frame.right) canvas.scrollLeft += at.left - frame.left - frame.width / 3;
  if (at.top < frame.top || at.bottom > frame.bottom) canvas.scrollTop += at.top - frame.top - frame.height / 3;
}
window.addEventListener("pagehide", () => {
  sessionStorage.setItem(key, `${Math.round(canvas.scrollLeft)},${Math.round(canvas.scrollTop)}`);
});
