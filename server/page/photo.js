// Files of the visitor's, made ready: what the browser reads is reduced there, and the rest by the server.

import { stylize } from "./api.js";
import { decoded, encoded, reduced } from "./pixels.js";

const SHORT = 384; // pixels of a preview's shorter side
const LONG = 640;
const STYLE = 1024; // of a painting's shorter side, the most that the server is asked to look at

/** A photo as the state has it: the file itself, a small copy for previews, and a URL to show. */
export async function photoOf(file) {
  const { blob, image } = await readable(file, "content");
  return {
    file,
    name: file.name || "photo",
    width: image.naturalWidth,
    height: image.naturalHeight,
    small: await encoded(reduced(image, SHORT, LONG), "image/webp"),
    url: URL.createObjectURL(blob),
  };
}

/** A painting as the state has it. */
export async function paintingOf(file) {
  const { image } = await readable(file, "style");
  const thumb = await encoded(reduced(image, 144, 1000), "image/webp");
  return {
    file: await encoded(reduced(image, STYLE, 4096), "image/webp", 0.95),
    name: file.name || "painting",
    title: (file.name || "").replace(/\.[^.]*$/, "") || "Your painting",
    by: "yours",
    thumb: URL.createObjectURL(thumb),
  };
}

/** The file, or, where the browser cannot read it, what the server makes of it. */
async function readable(file, use) {
  try {
    return { blob: file, image: await decoded(file) };
  } catch {
    const form = new FormData();
    form.append("content", file, file.name);
    form.append("style", new Blob([DOT], { type: "image/gif" }), "none.gif");
    form.append("strength", 0); // the picture itself
    form.append("size", 1600);
    form.append("format", "webp");
    try {
      const { blob } = await stylize(form);
      return { blob, image: await decoded(blob) };
    } catch (error) {
      if (use === "content") throw error;
      throw new Error(error.message.replace(/^Your photo/, "Your painting"));
    }
  }
}

const DOT = Uint8Array.from(atob("R0lGODlhAQABAIAAAAAAAP///yH5BAAAAAAALAAAAAABAAEAAAIBRAA7"), (c) => c.charCodeAt(0));
