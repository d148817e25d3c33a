// The brush: marks on the picture what stays a photo, or where a style goes.

import { say } from "./messages.js";
import "./styles.js"; // which fits the regions to another photo before they are drawn here
import { changed, onChange, state } from "./state.js";

const $ = (id) => document.getElementById(id);
const view = $("view");
const PAUSE = 700; // milliseconds between strokes before they are painted
const STEP = 0.05; // of the picture: one press of an arrow
const cursor = { x: 0.5, y: 0.5 };
let marked = "spared"; // or the id of a style
let drawing = false;

const region = () => state.styles.find(({ id }) => id === marked)?.region ?? state.spared;
const radius = () => Number($("radius").value) / 100;
const erasing = () => $("erase").getAttribute("aria-pressed") === "true";
const active = () => $("where").open;

/** A radio button for what stays a photo, and one for each style; `marked` goes on if it is there. */
function list() {
  const styles = state.styles.map(({ id, title }) => [id, `where ${title} goes`]);
  const choices = [["spared", "what stays a photo"], ...styles];
  if (!choices.some(([id]) => id === marked)) marked = "spared";
  const focused = $("regions").contains(document.activeElement);
  $("regions").replaceChildren(
    ...choices.map(([id, text]) => {
      const label = document.createElement("label");
      const radio = Object.assign(document.createElement("input"), { type: "radio", name: "region", value: id });
      radio.checked = id === marked;
      radio.addEventListener("change", () => {
        marked = id;
        draw();
      });
      label.append(radio, ` ${text}`);
      return label;
    }),
  );
  if (focused) document.querySelector("[name=region]:checked").focus();
  draw();
}

/** Show the marks of the region in hand, tinted. */
function draw() {
  const shown = $("region");
  const { canvas } = region();
  shown.hidden = !active();
  if (!active()) return;
  [shown.width, shown.height] = [canvas.width, canvas.height];
  const c = shown.getContext("2d");
  c.drawImage(canvas, 0, 0);
  c.globalCompositeOperation = "source-in";
  c.fillStyle = marked === "spared" ? "#2f7bff" : "#ff4d2e";
  c.fillRect(0, 0, shown.width, shown.height);
}

function ring() {
  const { width, height } = $("before").getBoundingClientRect();
  const frame = view.getBoundingClientRect();
  const picture = $("before").getBoundingClientRect();
  const style = $("ring").style;
  style.width = style.height = `${2 * radius() * Math.max(width, height)}px`;
  style.left = `${picture.left - frame.left + cursor.x * width}px`;
  style.top = `${picture.top - frame.top + cursor.y * height}px`;
}

function point(event) {
  const { left, top, width, height } = $("before").getBoundingClientRect();
  cursor.x = (event.clientX - left) / width;
  cursor.y = (event.clientY - top) / height;
  ring();
}

function settled(words) {
  draw();
  say(words);
  changed("regions", PAUSE);
}

$("where").addEventListener("toggle", () => {
  view.classList.toggle("brushing", active());
  view.setAttribute("role", active() ? "application" : "group");
  $("view-keys").textContent = active()
    ? "Arrows move the brush, Space marks."
    : "Plus and minus zoom, arrows move.";
  $("ring").hidden = true;
  draw();
});

view.addEventListener("pointerdown", (event) => {
  if (!active() || !state.photo || event.button) return;
  if (!event.isPrimary) {
    if (drawing) region().undo(); // two fingers zoom
    drawing = false;
    return draw();
  }
  event.preventDefault();
  view.setPointerCapture(event.pointerId);
  drawing = true;
  point(event);
  region().begin(cursor.x, cursor.y, radius(), erasing());
  draw();
});
view.addEventListener("pointermove", (event) => {
  if (!active() || !event.isPrimary) return;
  $("ring").hidden = event.pointerType === "touch";
  point(event);
  if (!drawing) return;
  region().extend(cursor.x, cursor.y);
  draw();
});
view.addEventListener("pointerleave", () => ($("ring").hidden = true));
for (const type of ["pointerup", "pointercancel"])
  view.addEventListener(type, () => {
    if (!drawing) return;
    drawing = false;
    settled("Marked.");
  });

view.addEventListener("keydown", (event) => {
  if (!active() || event.target !== view || !state.photo) return;
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!way && event.key !== " ") return;
  event.preventDefault();
  $("ring").hidden = false;
  if (way) {
    cursor.x = Math.min(1, Math.max(0, cursor.x + way[0] * STEP));
    cursor.y = Math.min(1, Math.max(0, cursor.y + way[1] * STEP));
  } else {
    region().begin(cursor.x, cursor.y, radius(), erasing());
    settled(`Marked at ${Math.round(cursor.x * 100)} % across, ${Math.round(cursor.y * 100)} % down.`);
  }
  ring();
});

$("radius").addEventListener("input", ({ target }) => {
  target.setAttribute("aria-valuetext", `${target.value} % of the picture`);
});
$("erase").addEventListener("click", ({ target }) => target.setAttribute("aria-pressed", !erasing()));
$("undo").addEventListener("click", () => {
  region().undo();
  settled("The last stroke is undone.");
});
$("clear").addEventListener("click", () => {
  region().clear();
  settled("All marks of this kind are gone.");
});

onChange((what) => {
  if (what === "photo") state.spared.fit(state.photo.width, state.photo.height);
  if (what !== "regions") list();
});
