// A button's form shows the fields of its type; without scripts it shows all, and the server reads
// those of the type.
"use strict";

const type = document.getElementById("f-type");

function show() {
  for (const field of document.querySelectorAll("[data-types]")) {
    field.hidden = !field.dataset.types.split(" ").includes(type.value);
  }
  const answer = document.getElementById("f-answer");
  const key = document.getElementById("f-key").parentElement;
  if (type.value === "click" && answer.value) key.hidden = true;
}

if (type) {
  type.addEventListener("change", show);
  document.getElementById("f-answer").addEventListener("change", show);
  show();
}
