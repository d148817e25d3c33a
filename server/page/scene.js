// A landscape to paint for whoever has no photo at hand, drawn anew in every browser.

/** A canvas of the given size with an evening by a lake on it. Always the same one. */
export function scene(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const c = canvas.getContext("2d");
  c.scale(width / 1200, height / 800);
  const random = generator(7);

  const fill = (stops, x0, y0, x1, y1) => {
    const gradient = c.createLinearGradient(x0, y0, x1, y1);
    stops.forEach((colour, i) => gradient.addColorStop(i / (stops.length - 1), colour));
    return gradient;
  };
  const ridge = (base, height, roughness, colours) => {
    c.beginPath();
    c.moveTo(0, 800);
    const phase = random() * 9;
    for (let x = 0; x <= 1200; x += 6) {
      const wave = Math.sin(x / 210 + phase) + 0.5 * Math.sin(x / 83 + 2 * phase) + 0.2 * Math.sin(x / 29);
      c.lineTo(x, base - height * (0.8 + 0.45 * wave) + roughness * (random() - 0.5));
    }
    c.lineTo(1200, 800);
    c.fillStyle = fill(colours, 0, base - 1.5 * height, 0, base + 60);
    c.fill();
  };

  c.fillStyle = fill(["#2f5f9e", "#7fa6cf", "#f3c98b", "#f7a76c"], 0, 0, 0, 470);
  c.fillRect(0, 0, 1200, 800);
  c.fillStyle = "#fff2c9";
  c.beginPath();
  c.arc(840, 330, 52, 0, 7);
  c.fill();
  for (let i = 0; i < 60; i++) {
    const x = 1300 * random() - 50, y = 40 + 190 * random();
    c.fillStyle = `rgba(255, 244, 228, ${0.05 + 0.12 * random()})`;
    c.beginPath();
    c.ellipse(x, y, 50 + 110 * random(), 9 + 16 * random(), -0.06, 0, 7);
    c.fill();
  }
  ridge(455, 120, 5, ["#6f7fa8", "#a9a3b8"]);
  ridge(470, 70, 5, ["#4c6a72", "#7d8f82"]);

  c.fillStyle = fill(["#f0b480", "#7f9fb8", "#2a4d74"], 0, 470, 0, 700);
  c.fillRect(0, 470, 1200, 330);
  for (let i = 0; i < 420; i++) {
    const y = 474 + 220 * random() ** 1.4;
    const near = (y - 470) / 220;
    const glitter = Math.abs(random() + random() - 1) * 260 * (0.3 + near);
    c.fillStyle = i % 3 ? `rgba(255, 236, 196, ${0.35 - 0.2 * near})` : "rgba(24, 54, 92, 0.25)";
    const x = i % 3 ? 840 + glitter * (random() < 0.5 ? -1 : 1) : 1200 * random();
    c.fillRect(x, y, 14 + 50 * near * random(), 1.5 + 3 * near);
  }

  ridge(745, 60, 10, ["#5d7a3a", "#2e4a22"]);
  for (let i = 0; i < 900; i++) {
    const x = 1200 * random(), y = 700 + 100 * random();
    c.strokeStyle = ["#7d9a45", "#9bb052", "#35521f", "#c9a94a"][Math.floor(4 * random())];
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(x, y);
    c.lineTo(x + 10 * (random() - 0.5), y - 8 - 16 * random());
    c.stroke();
  }
  for (const [x, y, size] of [[120, 690, 1.25], [215, 705, 0.9], [1080, 700, 1.05]]) {
    c.fillStyle = "#4a3020";
    c.fillRect(x - 8 * size, y - 130 * size, 16 * size, 150 * size);
    for (let i = 0; i < 170; i++) {
      const angle = 7 * random(), reach = Math.sqrt(random());
      c.fillStyle = ["#2c4a1e", "#466b2a", "#6e8b35", "#a39438"][Math.floor(4 * random() * (0.6 + 0.4 * reach))];
      c.beginPath();
      c.arc(x + 85 * size * reach * Math.cos(angle), y + size * (-205 + 100 * reach * Math.sin(angle)),
        (7 + 13 * random()) * size, 0, 7);
      c.fill();
    }
  }
  c.fillStyle = "#e9dcc3";
  c.fillRect(560, 400, 96, 62);
  c.fillStyle = "#a8452c";
  c.beginPath();
  c.moveTo(548, 404); c.lineTo(608, 362); c.lineTo(668, 404);
  c.fill();
  c.fillStyle = "#4b3a33";
  c.fillRect(598, 428, 20, 34);
  c.fillRect(572, 418, 15, 15);
  c.fillRect(630, 418, 15, 15);
  return canvas;
}

function generator(seed) {
  let state = seed; // Park and Miller's minimal standard
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}
