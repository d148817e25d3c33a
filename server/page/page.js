// The page: one state, and painting anew whenever it changes.

import { presets, stylize } from "./api.js";

const $ = (id) => document.getElementById(id);
const SWATCH = 384; // pixels: small enough to be quick, large enough for strokes to show

const state = { content: null, name: "", style: null, controls: {}, format: "png" };
let painting = null; // AbortController of the painting under way
let sampling = null; // and of the swatches
let swatches = []; // [{preset, image}]

// What is chosen

function setContent(blob, name) {
  state.content = blob;
  state.name = name;
  show($("before"), blob);
  $("after").hidden = $("divider").hidden = true;
  $("view").classList.remove("ready");
  compare(0);
  $("drop").hidden = $("scene").hidden = true;
  $("view").hidden = $("change").hidden = false;
  if (!state.style && swatches.length) choose(swatches[0].preset.name);
  else paint();
  sample();
}

/** Back to the beginning: what was given is no photo. */
function forget() {
  state.content = null;
  $("view").hidden = $("change").hidden = true;
  $("drop").hidden = $("scene").hidden = false;
}

function setStyle(file) {
  state.style = { file };
  show($("own-thumb"), file);
  $("own-thumb").hidden = false;
  $("own").querySelector("b[aria-hidden]").hidden = true;
  $("own-name").textContent = file.name || "Your own";
  $("own-note").textContent = "Press for another";
  $("own").classList.add("chosen");
  for (const radio of document.querySelectorAll("[name=preset]")) radio.checked = false;
  paint();
}

function choose(name) {
  const radio = document.querySelector(`[name=preset][value="${CSS.escape(name)}"]`);
  radio.checked = true;
  $("own").classList.remove("chosen");
  state.style = { preset: name };
  paint();
}

// Painting

async function paint() {
  if (!state.content || !state.style) {
    if (state.style) say("Now a photo.");
    return;
  }
  painting?.abort();
  sampling?.abort(); // what the visitor waits for goes first
  const mine = (painting = new AbortController());
  const started = performance.now();
  busy(true);
  $("download").setAttribute("aria-disabled", "true");
  fail(null);
  say("Painting…");
  try {
    let note = "";
    const onNote = (text) => (note = ` ${text}`);
    const blob = await stylize(state, { signal: mine.signal, onWait: say, onNote });
    await reveal(blob);
    const { naturalWidth: width, naturalHeight: height } = $("after");
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    say(`${width} × ${height} pixels, painted in ${seconds} s. Drag across it to compare.${note}`);
  } catch (error) {
    if (mine.signal.aborted) return; // a newer painting is on its way
    fail(error.message);
    say("");
    if (broken()) forget();
  }
  if (painting === mine) {
    painting = null;
    busy(false);
    sample();
  }
}

async function reveal(blob) {
  show($("after"), blob);
  await $("after").decode();
  if (broken()) show($("before"), blob); // a format that the server reads and browsers do not
  $("after").hidden = $("divider").hidden = false;
  $("view").classList.add("ready");
  const link = $("download");
  const stem = state.name.replace(/\.[^.]*$/, "") || "photo";
  const style = state.style.preset ?? "painted";
  link.href = $("after").src;
  link.download = `${stem}-${style}.${state.format === "jpeg" ? "jpg" : state.format}`;
  link.removeAttribute("aria-disabled");
}

// Every swatch shows the visitor's own photo, small, in that style; a scene until there is one.

async function sample() {
  sampling?.abort();
  if (painting) return; // it will call again
  const mine = (sampling = new AbortController());
  const todo = swatches.filter(({ image }) => image.sampled !== state.content);
  if (!todo.length) return;
  try {
    const content = await thumbnail(state.content);
    for (const { preset, image } of todo) {
      const order = { content, name: "swatch.png", style: { preset: preset.name }, controls: {}, format: "jpeg" };
      show(image, await stylize(order, { signal: mine.signal, patience: 1 }));
      image.hidden = false;
      image.sampled = state.content;
    }
  } catch {
    // Swatches are a courtesy: without them there are the names.
  }
}

/** The landscape that scripts/make_scene.py draws, for whoever has no photo at hand. */
async function scene() {
  return (await fetch("page/lake.webp")).blob();
}

async function thumbnail(blob) {
  const bitmap = await createImageBitmap(blob ?? (await scene()));
  const scale = SWATCH / Math.min(bitmap.width, bitmap.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SWATCH;
  const c = canvas.getContext("2d");
  c.imageSmoothingQuality = "high";
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  c.drawImage(bitmap, (SWATCH - width) / 2, (SWATCH - height) / 2, width, height);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob(resolve));
}

/** Show the original left of `percent`: all of the painting at 0, all of the photo at 100. */
function compare(percent) {
  $("divider").value = percent;
  $("view").style.setProperty("--at", percent / 100);
  $("view").classList.toggle("comparing", percent > 0 && percent < 100);
  $("view").classList.toggle("original", percent >= 100);
}

// Small things

function show(image, blob) {
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(blob);
}

function say(text) {
  $("status").textContent = text;
}

const broken = () => $("before").classList.contains("broken");

function busy(yes) {
  $("canvas").classList.toggle("painting", yes);
  $("canvas").setAttribute("aria-busy", yes);
}

function fail(text) {
  $("error").hidden = !text;
  $("error").textContent = text ?? "";
}

function swatch(preset) {
  const label = document.createElement("label");
  label.className = "swatch";
  label.innerHTML =
    '<input type="radio" name="preset" class="visually-hidden"><span class="thumb"><img alt="" hidden></span>' +
    '<span class="name"><b></b><small></small></span>';
  const radio = label.querySelector("input");
  radio.value = preset.name;
  radio.addEventListener("change", () => choose(preset.name));
  label.querySelector("b").textContent = preset.title ?? preset.name;
  label.querySelector("small").textContent = [preset.artist, preset.year].filter(Boolean).join(", ");
  $("swatches").append(label);
  return { preset, image: label.querySelector("img") };
}

// What the visitor does

$("before").addEventListener("load", () => $("before").classList.remove("broken"));
$("before").addEventListener("error", () => $("before").classList.add("broken"));

for (const id of ["content", "content-again"])
  $(id).addEventListener("change", ({ target }) => {
    if (target.files[0]) setContent(target.files[0], target.files[0].name);
    target.value = "";
  });
$("style").addEventListener("change", ({ target }) => {
  if (target.files[0]) setStyle(target.files[0]);
  target.value = "";
});
$("scene").addEventListener("click", async () => setContent(await scene(), "lake.webp"));
$("strength").addEventListener("input", ({ target }) => {
  $("strength-out").textContent = Number(target.value).toFixed(2);
});
for (const dial of document.querySelectorAll(".controls [type=range]"))
  dial.addEventListener("change", () => {
    const { power } = dial.dataset; // a dial of sizes turns by factors
    state.controls[dial.name] = power ? power ** dial.value : Number(dial.value);
    paint();
  });
$("keep").addEventListener("change", ({ target }) => {
  if (target.checked) state.controls.keep_colours = "luminance";
  else delete state.controls.keep_colours;
  paint();
});
$("format").addEventListener("change", ({ target }) => {
  state.format = target.value;
  paint();
});
$("divider").addEventListener("input", ({ target }) => compare(target.value));

const targetOf = (event) => (event.target.closest?.(".styles") ? $("own") : $("canvas"));
addEventListener("dragover", (event) => {
  event.preventDefault();
  for (const place of [$("own"), $("canvas")]) place.classList.toggle("over", place === targetOf(event));
});
for (const type of ["dragleave", "drop"])
  addEventListener(type, () => document.querySelectorAll(".over").forEach((e) => e.classList.remove("over")));
addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  if (!file) return;
  if (targetOf(event) === $("own")) setStyle(file);
  else setContent(file, file.name);
});
addEventListener("paste", ({ clipboardData }) => {
  const file = clipboardData.files[0];
  if (file) setContent(file, file.name);
});

try {
  const welcome = $("status").textContent;
  swatches = (await presets(say)).map(swatch);
  say(welcome);
  if (state.content && !state.style && swatches.length) choose(swatches[0].preset.name);
  sample();
} catch (error) {
  fail(error.message);
}
