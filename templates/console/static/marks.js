// One box marks all rows of a form, or none.
"use strict";
for (const all of document.querySelectorAll("[data-marks]")) {
  const boxes = [...document.querySelectorAll(`${all.dataset.marks} input[name="id"]`)];
  all.addEventListener("change", () => boxes.forEach((one) => { one.checked = all.checked; }));
  for (const one of boxes) {
    one.addEventListener("change", () => { all.checked = boxes.every((each) => each.checked); });
  }
}
