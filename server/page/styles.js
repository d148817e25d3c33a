// The styles to choose from, and those chosen with their shares.

import { say } from "./messages.js";
import { Region } from "./region.js";
import { FIRST, MOST, changed, onChange, state } from "./state.js";

const $ = (id) => document.getElementById(id);
const SETTLE = 300; // milliseconds in which a slider comes to rest
const offered = new Map(); // id to style
const mixing = () => $("mix").checked;

/** Offer the presets of the server, and choose the first that a visitor is to meet. */
export function offerPresets(presets) {
  for (const { name, title, artist, year } of presets)
    offer({
      id: name,
      preset: name,
      title: title ?? name.replaceAll("-", " "),
      by: [artist, year].filter(Boolean).join(", "),
      thumb: `page/presets/${encodeURIComponent(name)}.webp`,
    });
  const first = offered.get(FIRST) ?? offered.values().next().value;
  if (first) take([first]);
  roam();
}

/** Offer a painting of the visitor's own, and choose it. */
export function offerOwn(painting) {
  offer({ id: `own ${offered.size}`, ...painting });
  choose([...offered.keys()].at(-1), true);
}

function offer(style) {
  style.weight = 1;
  style.region = new Region();
  if (state.photo) style.region.fit(state.photo.width, state.photo.height);
  offered.set(style.id, style);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "swatch";
  button.dataset.id = style.id;
  button.title = [style.title, style.by].filter(Boolean).join(", ");
  button.setAttribute("aria-label", button.title);
  const initial = document.createElement("span"); // where there is no thumbnail
  initial.textContent = style.title[0];
  initial.setAttribute("aria-hidden", true);
  const image = Object.assign(new Image(), { alt: "", decoding: "async", src: style.thumb });
  image.addEventListener("error", () => image.remove());
  button.append(initial, image);
  button.addEventListener("click", () => choose(style.id));
  $("swatches").lastElementChild.before(button);
}

function choose(id, add = false) {
  const style = offered.get(id);
  const there = state.styles.includes(style);
  if (!mixing()) return there || take([style]);
  if (there && !add) return state.styles.length > 1 && take(state.styles.filter((other) => other !== style));
  if (state.styles.length === MOST) return say(`A mixture has ${MOST} styles at most. Remove one first.`);
  take([...state.styles, style]);
}

function take(styles) {
  state.styles = styles;
  for (const button of $("swatches").querySelectorAll("button"))
    button.setAttribute("aria-pressed", styles.some(({ id }) => id === button.dataset.id));
  list();
  changed("styles");
}

/** The chosen, each with its title whole; in a mixture with its share and a way out. */
function list() {
  const several = state.styles.length > 1;
  const focused = [...$("chosen").children].findIndex((row) => row.contains(document.activeElement));
  $("chosen").replaceChildren(...state.styles.map((style) => row(style, several)));
  if (focused >= 0) {
    const next = $("chosen").children[focused] ?? $("chosen").lastElementChild;
    (next?.querySelector("input") ?? $("mix")).focus(); // what had the focus is gone
  }
  shares();
}

function row(style, several) {
  const item = document.createElement("li");
  item.innerHTML = '<p><b></b> <span></span></p>';
  item.querySelector("b").textContent = style.title;
  item.querySelector("span").textContent = style.by;
  if (!several) return item;
  const slider = Object.assign(document.createElement("input"), { type: "range", min: 0.05, max: 1, step: 0.05 });
  slider.value = style.weight;
  slider.setAttribute("aria-label", `How much of ${style.title}`);
  const turned = () => {
    style.weight = Number(slider.value);
    shares();
    changed("weights", SETTLE);
  };
  slider.addEventListener("input", turned);
  const remove = Object.assign(document.createElement("button"), { type: "button", className: "plain" });
  remove.textContent = "×";
  remove.setAttribute("aria-label", `Remove ${style.title}`);
  remove.addEventListener("click", () => take(state.styles.filter((other) => other !== style)));
  const share = document.createElement("output");
  item.append(slider, share, remove);
  return item;
}

function shares() {
  const all = state.styles.reduce((sum, { weight }) => sum + weight, 0);
  state.styles.forEach(({ weight }, i) => {
    const text = `${Math.round((100 * weight) / all)} %`;
    const item = $("chosen").children[i];
    item.querySelector("output")?.replaceChildren(text);
    item.querySelector("input")?.setAttribute("aria-valuetext", text);
  });
}

/** One stop for Tab; arrows go from style to style. */
function roam() {
  const stops = () => [...$("swatches").querySelectorAll("button, input")];
  const put = (stop) => stops().forEach((other) => (other.tabIndex = other === stop ? 0 : -1));
  put($("swatches").querySelector("[aria-pressed=true]") ?? stops()[0]);
  $("swatches").addEventListener("focusin", ({ target }) => put(target));
  $("swatches").addEventListener("keydown", (event) => {
    const all = stops();
    const at = all.indexOf(event.target);
    const columns = getComputedStyle($("swatches")).gridTemplateColumns.split(" ").length;
    const to = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + columns,
      ArrowUp: at - columns,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[Math.min(all.length - 1, Math.max(0, to))].focus();
  });
}

onChange((what) => {
  if (what === "photo") for (const { region } of offered.values()) region.fit(state.photo.width, state.photo.height);
});
$("mix").addEventListener("change", () => {
  if (!mixing() && state.styles.length > 1) take(state.styles.slice(0, 1));
  else say(mixing() ? `Press the styles to mix, ${MOST} at most.` : "");
});
