// A campaign's form: what does not belong to the chosen way is out of sight, a chip sets a field,
// variants are added and taken away, with shares that are a whole, and the field that a complaint is
// about is marked. Without scripts everything is shown, with empty rows for further variants.
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

  // --- variants -----------------------------------------------------------------------------------
  const place = document.getElementById("variants");
  const rows = () => [...place.querySelectorAll(".variant")];
  const field = (row, name) => row.querySelector(`[name="v_${name}"]`);
  const blank = (row) => !field(row, "name").value.trim() && !field(row, "text").value.trim();
  const act = (name) => form.querySelector(`[data-variant="${name}"]`);

  const count = () => {
    const all = rows();
    all.forEach((row, at) => {
      row.querySelector("[data-number]").textContent = at + 1;
      const numbered = (text) => text.replace(/-\d+$/, `-${at + 1}`);
      for (const one of row.querySelectorAll("[id]")) one.id = numbered(one.id);
      for (const one of row.querySelectorAll("[for]")) one.htmlFor = numbered(one.htmlFor);
      for (const one of row.querySelectorAll("[data-into]")) one.dataset.into = numbered(one.dataset.into);
      const remove = row.querySelector('[data-variant="remove"]');
      remove.setAttribute("aria-describedby", `f-v_head-${at + 1}`);
      row.setAttribute("aria-labelledby", `f-v_head-${at + 1}`);
      remove.hidden = all.length < 3;
    });
    act("add").hidden = all.length >= Number(place.dataset.most);
    act("even").hidden = false;
    total();
  };

  const total = () => {
    const used = rows().filter((row) => !blank(row) || field(row, "share").value.trim());
    const cents = used.map((row) => Math.round(100 * Number(field(row, "share").value)));
    const sum = cents.reduce((one, other) => one + other, 0);
    const out = document.getElementById("share-total");
    const untouched = used.every((row) => !field(row, "share").value.trim());
    const wrong = !untouched && (!(Math.abs(sum - 10000) <= 5) || cents.some((one) => one <= 0));
    const said = wrong ? place.dataset.wrong : place.dataset.said;
    out.textContent = untouched ? "" : said.replace("{total}", Number.isNaN(sum) ? "?" : sum / 100);
    out.classList.toggle("fault", wrong);
  };

  const even = () => {
    const all = rows();
    const each = Math.floor(10000 / all.length);
    all.forEach((row, at) => {
      field(row, "share").value = (each + (at < 10000 - each * all.length ? 1 : 0)) / 100;
    });
    total();
  };
  const isEven = () => {
    const shares = rows().map((row) => Number(field(row, "share").value));
    return Math.max(...shares) - Math.min(...shares) < 0.02;
  };

  const name = (row) => {
    const taken = rows().map((one) => field(one, "name").value.trim());
    field(row, "name").value = [..."abcdefgh"].find((one) => !taken.includes(one)) ?? "";
  };

  const changed = () => {
    count();
    place.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const acts = {
    add: () => {
      const wasEven = isEven();
      const row = rows()[0].cloneNode(true);
      for (const one of row.querySelectorAll("input, textarea")) {
        one.value = "";
        one.classList.remove("is-invalid");
        one.removeAttribute("aria-invalid");
      }
      place.append(row);
      name(row);
      if (wasEven) even();
      changed();
      field(row, "text").focus();
    },
    remove: (button) => {
      const wasEven = isEven();
      const row = button.closest(".variant");
      const near = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      if (wasEven) even();
      changed();
      field(near, "text").focus();
    },
    even: () => {
      even();
      changed();
    },
  };

  const begin = () => {
    if (chosen("text_mode") !== "variants" || !rows().every(blank)) return;
    rows().forEach(name);
    field(rows()[0], "text").value = form.elements.namedItem("text").value;
    even();
  };

  rows().slice(2).filter(blank).forEach((row) => row.remove());
  count();
  form.addEventListener("input", (event) => {
    if (event.target.name === "v_share") total();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-variant]");
    if (button) acts[button.dataset.variant](button);
  });
  form.addEventListener("change", begin);
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
