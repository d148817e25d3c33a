// The picture: photo below, painting above.

const $ = (id) => document.getElementById(id);
const view = $("view");
let turn = 0; // which picture came last: what is decoded more slowly comes too late
let painted = {}; // the controls that the painting shown was painted with

/** Put up another photo; the painting that hid it goes. */
export function mount(photo) {
  turn++;
  shown($("before"), photo.url);
  $("before").alt = "Your photo";
  $("after").hidden = true;
  view.classList.add("bare");
  shape(photo.width, photo.height);
}

export function shape(width, height) {
  view.style.setProperty("--ratio", width / height);
}

/** Show a painting of the photo, made with `controls`. */
export async function paint(blob, controls) {
  const mine = ++turn;
  const url = URL.createObjectURL(blob);
  const image = new Image();
  image.src = url;
  await image.decode(); // first, so that nothing flickers
  if (mine !== turn) return URL.revokeObjectURL(url);
  shown($("after"), url);
  $("after").alt = "Your photo, painted";
  $("after").hidden = false;
  view.classList.remove("bare");
  painted = controls;
  hint(controls);
}

/** Show at once, nearly, what strength, contrast and saturation will do: painting them takes longer. */
export function hint({ strength = 1, contrast = 1.15, saturation = 1.15 }) {
  const was = { strength: 1, contrast: 1.15, saturation: 1.15, ...painted };
  const image = $("after").style;
  image.opacity = was.strength ? Math.min(1, strength / was.strength) : 1;
  const more = (now, then) => (then ? now / then : 1);
  const filter = [more(contrast, was.contrast), more(saturation, was.saturation)];
  image.filter = filter.every((by) => by === 1) ? "" : `contrast(${filter[0]}) saturate(${filter[1]})`;
}

export function busy(yes) {
  $("busy").hidden = !yes;
  view.setAttribute("aria-busy", yes);
}

function shown(image, url) {
  if (image.src.startsWith("blob:") && image.src !== url) URL.revokeObjectURL(image.src);
  image.src = url;
}
