// Before and after: a line to slide, and a press that shows the photo.

const $ = (id) => document.getElementById(id);
const view = $("view");
const HOLD = 250; // milliseconds
let timer = 0;

/** Show the photo left of `percent`: all of the painting at 0, all of the photo at 100. */
export function compare(percent) {
  const divider = $("divider");
  divider.value = percent;
  view.style.setProperty("--at", percent / 100);
  view.classList.toggle("whole", percent === 0);
  divider.setAttribute("aria-valuetext", `${percent} % photo, ${100 - percent} % painting`);
}

function release() {
  clearTimeout(timer);
  view.classList.remove("original");
}

$("divider").addEventListener("input", ({ target }) => compare(Number(target.value)));
view.addEventListener("pointerdown", (event) => {
  if (event.target === $("divider") || view.matches(".zoomed, .brushing") || !event.isPrimary) return;
  timer = setTimeout(() => view.classList.add("original"), HOLD);
});
for (const type of ["pointerup", "pointercancel", "pointerleave"]) view.addEventListener(type, release);
view.addEventListener("contextmenu", (event) => {
  if (view.matches(".original, .brushing")) event.preventDefault(); // a long press of a finger
});
view.addEventListener("dragstart", (event) => event.preventDefault());
compare(50);
