// The dials: each is a field of the form, and is sent only where it is not at its default.

import * as easel from "./easel.js";
import { changed, onChange, state } from "./state.js";

const $ = (id) => document.getElementById(id);
const SETTLE = 300; // milliseconds in which a slider comes to rest
const plain = (value) => value.toFixed(2);
const canvas = (position) => Math.round(512 * 2 ** position);
const texture = (position) => 512 * 2 ** position;
const percent = (value) => `${Math.round(value * 100)} %`;

// Place, field, name, least, most, step, default, its words, and what the ends are called.
const DIALS = [
  ["main-dial", "strength", "Strength", 0, 1.5, 0.05, 1, percent, "photo", "more than the painting"],
  ["brush-dials", "stroke_size", "Size of strokes", -2, 2, 0.25, 0, (v) => `× ${plain(2 ** v)}`, "fine", "coarse"],
  ["brush-dials", "brushwork", "Brushwork", 0, 2, 0.1, 1, percent, "clean", "strong"],
  ["brush-dials", "boldness", "Boldness", 0, 1, 0.1, 0, percent, "true to the photo", "free"],
  ["brush-dials", "abstraction", "Abstraction", 0, 1, 0.1, 1, percent, "every detail", "patches of paint"],
  ["brush-dials", "canvas", "Detail of the full size", 0, 1, 0.25, 0, (v) => `${canvas(v)} px`, "as usual", "finer, slower"],
  ["own-dial", "style_size", "Texture of your painting", -2, 1, 1, 0, (v) => `${texture(v)} px`, "little of it", "all of it"],
  ["keep-dial", "keep_amount", "How much of them", 0, 1, 0.1, 1, percent, "none", "all"],
  ["colour-dials", "palette", "Palette", 0, 1, 0.1, 0.8, percent, "free", "the painting’s"],
  ["colour-dials", "contrast", "Contrast", 0, 2, 0.05, 1.15, percent, "soft", "strong"],
  ["colour-dials", "saturation", "Saturation", 0, 2, 0.05, 1.15, percent, "grey", "vivid"],
];
const sent = { stroke_size: (v) => 2 ** v, canvas, style_size: texture }; // for a slider's position

function dial([place, field, name, min, max, step, value, words, low, high]) {
  const label = document.createElement("label");
  label.className = "dial";
  label.innerHTML =
    '<span class="dial-name"></span><output aria-hidden="true"></output><input type="range">' +
    '<small aria-hidden="true"><span></span><span></span></small>';
  label.querySelector(".dial-name").textContent = name;
  const [lowEnd, highEnd] = label.querySelectorAll("small span");
  [lowEnd.textContent, highEnd.textContent] = [low, high];
  const slider = Object.assign(label.querySelector("input"), { min, max, step, value, name: field });
  const tell = () => {
    label.querySelector("output").textContent = words(Number(slider.value));
    slider.setAttribute("aria-valuetext", words(Number(slider.value)));
  };
  const turned = () => {
    const position = Number(slider.value);
    if (position === value) delete state.controls[field];
    else state.controls[field] = sent[field]?.(position) ?? position;
    tell();
    easel.hint(state.controls);
    changed("controls", SETTLE);
  };
  slider.addEventListener("input", turned);
  slider.addEventListener("reset", () => {
    delete state.controls[field];
    slider.value = value;
    tell();
  });
  tell();
  $(place).append(label);
}

/** Dials that would do nothing are not there, and have no say. */
function offer(place, yes) {
  $(place).hidden = !yes;
  if (!yes) $(place).querySelector("input").dispatchEvent(new Event("reset"));
}

DIALS.forEach(dial);
onChange((what) => what === "styles" && offer("own-dial", state.styles.some(({ file }) => file)));

$("keep").addEventListener("change", ({ target }) => {
  if (target.value) state.controls.keep_colours = target.value;
  else delete state.controls.keep_colours;
  offer("keep-dial", target.value);
  changed("controls");
});
$("reset").addEventListener("click", () => {
  state.controls = {};
  for (const slider of document.querySelectorAll(".dial [name]")) slider.dispatchEvent(new Event("reset"));
  $("keep").querySelector("input").checked = true;
  offer("keep-dial", false);
  easel.hint(state.controls);
  changed("controls");
});
