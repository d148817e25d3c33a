// Where something goes: strokes of a soft brush, in white on nothing.

const SIDE = 512; // pixels of the longer side
const CORE = 0.6; // of the radius is fully covered

export class Region {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.strokes = [];
    this.version = 0; // another one whenever it looks different
  }

  get empty() {
    return !this.strokes.length;
  }

  /** Take the shape of a picture, and start afresh. */
  fit(width, height) {
    const scale = SIDE / Math.max(width, height);
    this.canvas.width = Math.max(1, Math.round(width * scale));
    this.canvas.height = Math.max(1, Math.round(height * scale));
    this.strokes = [];
    this.version++;
  }

  /** Begin a stroke at x, y, in shares of width and height; radius in shares of the longer side. */
  begin(x, y, radius, erase) {
    this.strokes.push({ points: [[x, y]], radius, erase });
    this.#dab(x, y, radius, erase);
    this.version++;
  }

  extend(x, y) {
    const { points, radius, erase } = this.strokes.at(-1);
    const [fromX, fromY] = points.at(-1);
    points.push([x, y]);
    this.#line(fromX, fromY, x, y, radius, erase);
    this.version++;
  }

  undo() {
    if (this.strokes.pop()) this.#redraw();
  }

  clear() {
    this.strokes = [];
    this.#redraw();
  }

  #redraw() {
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (const { points, radius, erase } of this.strokes) {
      this.#dab(...points[0], radius, erase);
      for (let i = 1; i < points.length; i++) this.#line(...points[i - 1], ...points[i], radius, erase);
    }
    this.version++;
  }

  #line(fromX, fromY, x, y, radius, erase) {
    const { width, height } = this.canvas;
    const long = Math.hypot((x - fromX) * width, (y - fromY) * height);
    const steps = Math.max(1, Math.ceil(long / (radius * SIDE * 0.25)));
    for (let i = 1; i <= steps; i++)
      this.#dab(fromX + ((x - fromX) * i) / steps, fromY + ((y - fromY) * i) / steps, radius, erase);
  }

  #dab(x, y, radius, erase) {
    const c = this.canvas.getContext("2d");
    const [centreX, centreY, reach] = [x * this.canvas.width, y * this.canvas.height, radius * SIDE];
    const soft = c.createRadialGradient(centreX, centreY, reach * CORE, centreX, centreY, reach);
    soft.addColorStop(0, "#fff");
    soft.addColorStop(1, "#fff0");
    c.globalCompositeOperation = erase ? "destination-out" : "source-over";
    c.fillStyle = soft;
    c.fillRect(centreX - reach, centreY - reach, 2 * reach, 2 * reach);
  }
}

/** A picture, white everywhere but in these regions. */
export function outside(regions) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [regions[0].canvas.width, regions[0].canvas.height];
  const c = canvas.getContext("2d");
  c.fillStyle = "#fff";
  c.fillRect(0, 0, canvas.width, canvas.height);
  c.globalCompositeOperation = "destination-out";
  for (const { canvas } of regions) c.drawImage(canvas, 0, 0);
  return canvas;
}
