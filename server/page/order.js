// The state as a form, and as a key that is the same for the same painting.

import { encoded } from "./pixels.js";
import { outside } from "./region.js";

const numbers = new WeakMap(); // every file has its number
let last = 0;

function number(file) {
  if (!numbers.has(file)) numbers.set(file, ++last);
  return numbers.get(file);
}

/** Equal for states whose previews are alike. */
export function keyOf({ photo, styles, controls, spared }) {
  const marks = (region) => (region.empty ? 0 : region.version);
  const chosen = styles.map(({ id, weight, region }) => [id, styles.length > 1 ? weight : 1, marks(region)]);
  const sent = Object.entries(previewed(controls)).sort();
  return JSON.stringify([number(photo.file), chosen, sent, marks(spared)]);
}

/** The form of a preview: the photo as small as the page has it. */
export const previewOf = (state) =>
  form({ ...state, controls: previewed(state.controls) }, state.photo.small, "photo", "webp");

/** The form of the painting itself. */
export const fullOf = (state, format) => form(state, state.photo.file, state.photo.name, format);

/** The controls of a preview: it is smaller than any canvas. */
const previewed = ({ canvas, ...controls }) => controls;

async function form({ styles, controls, spared }, photo, name, format) {
  const body = new FormData();
  const sorted = [...styles].sort((a, b) => !a.file - !b.file); // files come before presets
  body.append("content", photo, name);
  for (const { file, name, preset } of sorted) file ? body.append("style", file, name) : body.append("preset", preset);
  if (sorted.length > 1) for (const { weight } of sorted) body.append("weight", weight);
  for (const mask of masks(sorted)) body.append("mask", await encoded(mask, "image/png"), "mask.png");
  if (!spared.empty) body.append("only", await encoded(outside([spared]), "image/png"), "only.png");
  for (const [control, value] of Object.entries(controls)) body.append(control, value);
  body.append("format", format);
  return body;
}

/** One for each style, or none: a style without a region of its own takes what the others leave. */
function masks(styles) {
  const marked = styles.map(({ region }) => region).filter((region) => !region.empty);
  if (!marked.length) return [];
  return styles.map(({ region }) => (region.empty ? outside(marked) : region.canvas));
}
