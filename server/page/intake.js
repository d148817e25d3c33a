// Files from the visitor: chosen, dropped or pasted. What cannot be read changes nothing.

import { compare } from "./compare.js";
import * as easel from "./easel.js";
import { cancel } from "./full.js";
import { clearError, fail, say } from "./messages.js";
import { paintingOf, photoOf } from "./photo.js";
import * as preview from "./preview.js";
import { changed, state } from "./state.js";
import { offerOwn } from "./styles.js";
import { fit } from "./zoom.js";

const $ = (id) => document.getElementById(id);
const KEPT = { "image/png": "png", "image/webp": "webp" };
const latest = new Map(); // the last photo and painting given: what is read more slowly comes too late

async function takePhoto(file) {
  const photo = await ready(file, photoOf);
  if (!photo) return;
  cancel();
  preview.stop();
  state.photo = photo;
  easel.mount(photo);
  fit();
  compare(0);
  $("format").value = KEPT[file.type] ?? "jpeg";
  $("choose-text").textContent = "Another photo";
  $("choose").classList.remove("primary");
  $("paint").classList.add("primary");
  changed("photo");
}

async function takePainting(file) {
  const painting = await ready(file, paintingOf);
  if (painting) offerOwn(painting);
}

/** What `make` makes of a file; nothing where it cannot, or another file has come since. */
async function ready(file, make) {
  latest.set(make, file);
  clearError();
  say("Reading the picture…");
  try {
    const made = await make(file);
    say("");
    return latest.get(make) === file ? made : null;
  } catch (error) {
    say("");
    fail(`${error.message} ${state.photo ? "What you had is still here." : ""}`);
    return null;
  }
}

for (const [id, take] of [["content", takePhoto], ["style", takePainting]])
  $(id).addEventListener("change", ({ target }) => {
    const [file] = target.files;
    target.value = ""; // so that the same file can be chosen again
    if (file) take(file);
  });

const overStyles = ({ target }) => target.closest?.(".card")?.contains($("swatches"));
const mark = (event) => {
  $("swatches").classList.toggle("over", Boolean(event && overStyles(event)));
  $("frame").classList.toggle("over", Boolean(event && !overStyles(event)));
};
addEventListener("dragover", (event) => {
  event.preventDefault();
  mark(event);
});
addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || mark(null));
addEventListener("drop", (event) => {
  event.preventDefault();
  mark(null);
  const [file] = event.dataTransfer.files;
  if (file) overStyles(event) ? takePainting(file) : takePhoto(file);
});
addEventListener("paste", ({ clipboardData }) => {
  const [file] = clipboardData.files;
  if (file) takePhoto(file);
});
