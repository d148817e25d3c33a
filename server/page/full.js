// The painting in full size: on request, with its progress, a cancel and a retry.

import { sentence, stylize } from "./api.js";
import * as easel from "./easel.js";
import { clearError, fail, say } from "./messages.js";
import { fullOf } from "./order.js";
import * as preview from "./preview.js";
import * as result from "./result.js";
import { onChange, state } from "./state.js";

const $ = (id) => document.getElementById(id);
const SENDING = 15; // percent of the way when all is sent
let running = null;

async function paint() {
  if (!state.photo || !state.styles.length) return say("First a photo and a style.");
  preview.stop();
  clearError();
  const mine = (running = new AbortController());
  const started = performance.now();
  swap($("paint"), $("working"), $("cancel"));
  $("panel").inert = true;
  progress(0);
  try {
    const controls = { ...state.controls };
    const form = await fullOf(state, $("format").value);
    const { blob, name, note } = await stylize(form, {
      signal: mine.signal,
      onSent: (share) => {
        progress(SENDING * share);
        say(share < 1 ? "Sending your photo…" : "Your photo has arrived.");
      },
      onEvent: happens,
      onWait: (seconds) => {
        progress(0, `in ${seconds} s`);
        say(`The server is busy; trying again in ${seconds} s.`);
      },
    });
    await easel.paint(blob, controls);
    mine.signal.throwIfAborted();
    preview.adopt();
    finish();
    await result.offer(blob, name);
    swap($("paint"), $("done"), $("download"));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    say(`${state.photo.width} × ${state.photo.height} pixels, painted in ${seconds} s. ${sentence(note)}`);
  } catch (error) {
    finish();
    if (mine.signal.aborted) {
      say("Cancelled.");
      return preview.refresh(); // it may have been given up for this
    }
    say("");
    fail(error.message, paint);
  }
}

/** Back to where it can be asked for. */
function finish() {
  running = null;
  $("panel").inert = false;
  swap($("working"), $("paint"), $("paint"));
}

export function cancel() {
  running?.abort();
}

/** What the server tells while it has the photo. */
function happens(name, { before, step, percent }) {
  if (name === "waiting") {
    progress(SENDING, `${before} before you`);
    return say(`In the queue: ${before} before you.`);
  }
  progress(SENDING + ((100 - SENDING) * percent) / 100);
  say(step === "encode" ? "Painted; making the file…" : "Painting in full size…");
}

function progress(percent, words = `${Math.round(percent)} %`) {
  $("progress").value = percent;
  $("percent").textContent = words;
}

/** One part of the page for another; who had the focus in it has it in what comes. */
function swap(from, to, focus) {
  const had = from.contains(document.activeElement);
  from.hidden = true;
  to.hidden = false;
  if (had) focus.focus();
}

$("paint").addEventListener("click", paint);
$("cancel").addEventListener("click", cancel);
onChange(() => {
  cancel();
  if (!$("done").hidden) swap($("done"), $("paint"), $("paint"));
});
