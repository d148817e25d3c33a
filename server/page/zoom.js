// A closer look: buttons, keys, two fingers, or the wheel with Ctrl; what is larger is dragged.

const $ = (id) => document.getElementById(id);
const view = $("view");
const MOST = 8;
const look = { scale: 1, x: 0, y: 0 }; // x, y: pixels by which the picture is shifted
const fingers = new Map();

function apply() {
  const { width, height } = view.getBoundingClientRect();
  look.scale = Math.min(MOST, Math.max(1, look.scale));
  look.x = Math.min(0, Math.max(width * (1 - look.scale), look.x));
  look.y = Math.min(0, Math.max(height * (1 - look.scale), look.y));
  view.style.setProperty("--x", `${look.x}px`);
  view.style.setProperty("--y", `${look.y}px`);
  view.style.setProperty("--scale", look.scale);
  view.classList.toggle("zoomed", look.scale > 1);
  const percent = `${Math.round(look.scale * 100)} %`;
  $("zoom-fit").textContent = percent;
  $("zoom-fit").setAttribute("aria-label", `Fit, now ${percent}`);
}

/** By a factor, about a point of the screen or else the middle. */
function zoom(factor, clientX, clientY) {
  const { left, top, width, height } = view.getBoundingClientRect();
  const [x, y] = [(clientX ?? left + width / 2) - left, (clientY ?? top + height / 2) - top];
  const by = Math.min(MOST, Math.max(1, look.scale * factor)) / look.scale;
  look.x = x - (x - look.x) * by;
  look.y = y - (y - look.y) * by;
  look.scale *= by;
  apply();
}

export function fit() {
  look.scale = 1;
  apply();
}

function pan(x, y) {
  look.x += x;
  look.y += y;
  apply();
}

$("zoom-in").addEventListener("click", () => zoom(1.5));
$("zoom-out").addEventListener("click", () => zoom(1 / 1.5));
$("zoom-fit").addEventListener("click", fit);
view.addEventListener("dblclick", ({ clientX, clientY, target }) => {
  if (target !== $("divider") && !view.matches(".brushing")) look.scale > 1 ? fit() : zoom(2.5, clientX, clientY);
});
view.addEventListener(
  "wheel",
  (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 200), event.clientX, event.clientY);
  },
  { passive: false },
);
view.addEventListener("keydown", ({ key, target }) => {
  if (target !== view) return;
  const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[key];
  if (key === "+" || key === "=") zoom(1.5);
  else if (key === "-") zoom(1 / 1.5);
  else if (key === "0") fit();
  else if (step && look.scale > 1 && !view.matches(".brushing")) pan(...step);
});

const spread = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y);

view.addEventListener("pointerdown", (event) => {
  if (event.target === $("divider")) return;
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  if (look.scale > 1 || fingers.size > 1) view.setPointerCapture(event.pointerId);
});
view.addEventListener("pointermove", (event) => {
  const was = fingers.get(event.pointerId);
  if (!was) return;
  const now = { x: event.clientX, y: event.clientY };
  const before = [...fingers.values()];
  fingers.set(event.pointerId, now);
  if (fingers.size === 2) {
    const after = [...fingers.values()];
    zoom(spread(after) / spread(before), (after[0].x + after[1].x) / 2, (after[0].y + after[1].y) / 2);
    pan((now.x - was.x) / 2, (now.y - was.y) / 2);
  } else if (look.scale > 1 && !view.matches(".brushing")) pan(now.x - was.x, now.y - was.y);
});
for (const type of ["pointerup", "pointercancel", "pointerleave"])
  view.addEventListener(type, ({ pointerId }) => fingers.delete(pointerId));
addEventListener("resize", apply);
