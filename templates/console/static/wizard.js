// A campaign's form: what does not belong to the chosen way is out of sight, a chip sets a field,
// and the field that a complaint is about is marked. Without scripts everything is shown.
"use strict";

(() => {
  const form = document.getElementById("campaign-form");
  const chosen = (name) => form.querySelector(`[name="${name}"]:checked`)?.value;

  const sort = () => {
    for (const part of form.querySelectorAll("[data-when]")) {
      const [name, values] = part.dataset.when.split("=");
      part.hidden = !values.split(",").includes(chosen(name));
    }
  };

  form.addEventListener("change", sort);
  form.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-set]");
    if (!chip) return;
    const field = document.getElementById(chip.parentElement.dataset.sets);
    field.value = chip.dataset.set;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  });

  document.body.addEventListener("htmx:afterSwap", () => {
    const name = document.getElementById("panel-in")?.dataset.field;
    for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    if (name) document.getElementById(`f-${name}`)?.setAttribute("aria-invalid", "true");
  });
  sort();
})();
