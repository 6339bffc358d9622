// A chat stays at its end while one reads there, Enter sends (Shift+Enter: a new line), and a number
// puts in a quick reply: Alt with it while one writes, alone elsewhere.
"use strict";

const chat = document.getElementById("chat");
const NEAR = 80; // pixels from the end that still count as reading there
let atEnd = true;

const toEnd = () => { chat.scrollTop = chat.scrollHeight; };

toEnd();
chat.addEventListener("scroll", () => {
  atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < NEAR;
});
document.body.addEventListener("htmx:afterSwap", () => { if (atEnd) toEnd(); });

const text = document.getElementById("f-text");
if (text) {
  text.addEventListener("keydown", (event) => {
    // While an input method composes, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !text.value.trim()) return;
    event.preventDefault();
    text.form.requestSubmit();
  });
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest("input, textarea, select");
    if (!/^(Digit|Numpad)[1-9]$/.test(event.code) || event.ctrlKey || event.metaKey || (writing && !event.altKey)) return;
    const chip = document.querySelector(`[data-number="${event.code.slice(-1)}"]`);
    if (!chip) return;
    event.preventDefault();
    chip.click();
  });
}
