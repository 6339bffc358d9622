// A small picture is made of the chosen one here, since the server decodes none; and one that is too
// large is told before it is sent. Without scripts the picture goes without a small one.
"use strict";

(() => {
  const form = document.getElementById("picture-form");
  const file = form.elements.namedItem("file");
  const small = form.elements.namedItem("small");
  const said = document.getElementById("said-file");
  const SIDES = [320, 240, 160, 96];
  let making = Promise.resolve();

  const drawn = async (picture, side) => {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
  };

  const make = async () => {
    small.value = "";
    const chosen = file.files[0];
    const large = chosen && chosen.size > Number(form.dataset.most);
    file.setCustomValidity(large ? form.dataset.large : "");
    said.textContent = large ? form.dataset.large : "";
    if (!chosen || large || chosen.size <= Number(form.dataset.small)) return;
    const picture = await createImageBitmap(chosen).catch(() => null);
    if (!picture) return; // the server says what is wrong with it
    for (const side of SIDES) {
      const made = await drawn(picture, side);
      if (made && made.size <= Number(form.dataset.small)) {
        const box = new DataTransfer();
        box.items.add(new File([made], "small.jpg", { type: "image/jpeg" }));
        small.files = box.files;
        return;
      }
    }
  };

  // A form cannot be sent from within its own submit event: what is ready goes by itself.
  let busy = 0;
  file.addEventListener("change", () => {
    busy += 1;
    making = make().finally(() => {
      busy -= 1;
    });
  });
  form.addEventListener("submit", (event) => {
    if (!busy) return;
    event.preventDefault();
    making.finally(() => setTimeout(() => form.requestSubmit()));
  });
})();
