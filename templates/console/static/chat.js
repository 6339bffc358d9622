// A chat stays at its end while one reads there, and Enter sends (Shift+Enter: a new line).
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
}
