// What was painted, to take along: as a file, to share, to copy. Nothing is painted again for it.

import { fail, say } from "./messages.js";
import { converted } from "./pixels.js";

const $ = (id) => document.getElementById(id);
const ENDINGS = { jpeg: "jpg", png: "png", webp: "webp" };
let file = null; // as the server sent it, or in the format asked for since

/** Offer a painting under the name that the server gave it. */
export async function offer(blob, name) {
  file = new File([blob], name, { type: blob.type });
  if ($("download").href.startsWith("blob:")) URL.revokeObjectURL($("download").href);
  $("download").href = URL.createObjectURL(file);
  $("download").download = name;
  $("share").hidden = !navigator.canShare?.({ files: [file] });
  $("copy").hidden = !(navigator.clipboard?.write && globalThis.ClipboardItem);
}

async function convert() {
  const format = $("format").value;
  if ($("done").hidden || file.type === `image/${format}`) return;
  try {
    const blob = await converted(file, `image/${format}`);
    await offer(blob, file.name.replace(/\.\w+$/, `.${ENDINGS[format]}`));
    say(`Ready as ${format === "webp" ? "WebP" : format.toUpperCase()}.`);
  } catch (error) {
    $("format").value = file.type.replace("image/", "");
    fail(error.message);
  }
}

async function share() {
  try {
    await navigator.share({ files: [file] });
  } catch (error) {
    if (error.name !== "AbortError") fail("Sharing did not work here; download the picture instead.");
  }
}

async function copy() {
  const png = file.type === "image/png" ? file : converted(file, "image/png");
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
    say("Copied.");
  } catch {
    fail("Copying did not work here; download the picture instead.");
  }
}

$("format").addEventListener("change", convert);
$("share").addEventListener("click", share);
$("copy").addEventListener("click", copy);
