// Pictures in the browser: decoding, reducing, encoding.

/** The picture in a Blob as an <img>; rejects what this browser cannot read. */
export async function decoded(blob) {
  const image = new Image();
  const url = URL.createObjectURL(blob);
  image.src = url;
  try {
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(url); // what is decoded stays
  }
}

/** An <img> as a canvas whose sides are at most `short` and `long`. */
export function reduced(image, short, long) {
  const { naturalWidth: width, naturalHeight: height } = image;
  const scale = Math.min(1, short / Math.min(width, height), long / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const c = canvas.getContext("2d");
  c.imageSmoothingQuality = "high";
  c.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** A canvas as a Blob: of `type`, or PNG where the browser does not write that. */
export const encoded = (canvas, type, quality = 0.92) =>
  new Promise((resolve, reject) => {
    const tooLarge = new Error("The picture is too large for this browser.");
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(tooLarge)), type, quality);
  });

/** A picture in another format, of all its pixels. */
export async function converted(blob, type) {
  const image = await decoded(blob);
  const result = await encoded(reduced(image, Infinity, Infinity), type, 0.95);
  if (result.type !== type) throw new Error("This browser does not write that format.");
  return result;
}
