// Small paintings while the visitor tries things: one for each settled change, and none twice.

import { sentence, stylize } from "./api.js";
import * as easel from "./easel.js";
import { clearError, fail, say } from "./messages.js";
import { keyOf, previewOf } from "./order.js";
import { onChange, state } from "./state.js";

const REMEMBERED = 12;
const known = new Map(); // key to Blob, oldest first
let wanted = ""; // key of what is shown, or on its way
let running = null; // AbortController of what is on its way
let timer = 0;

/** What is on the easel is the painting of the state as it is. */
export function adopt() {
  wanted = keyOf(state);
}

/** Forget what was under way. */
export function stop() {
  clearTimeout(timer);
  if (!running) return;
  running.abort();
  running = null;
  wanted = "";
  easel.busy(false);
}

onChange((what, wait) => {
  clearTimeout(timer);
  timer = setTimeout(refresh, wait);
});

/** Paint what is wanted, unless it is shown or on its way. */
export async function refresh() {
  if (!state.photo || !state.styles.length) return;
  const key = keyOf(state);
  if (key === wanted) return;
  stop();
  wanted = key;
  clearError();
  if (known.has(key)) return show(known.get(key));
  const mine = (running = new AbortController());
  const controls = { ...state.controls };
  easel.busy(true);
  say("Painting a preview…");
  try {
    const onWait = (seconds) => say(`The server is busy; trying again in ${seconds} s.`);
    const form = await previewOf(state);
    const { blob, note } = await stylize(form, { signal: mine.signal, onWait });
    mine.signal.throwIfAborted();
    known.set(key, { blob, controls, note });
    if (known.size > REMEMBERED) known.delete(known.keys().next().value);
    await show(known.get(key));
  } catch (error) {
    if (mine.signal.aborted) return; // overtaken
    wanted = "";
    say("");
    fail(error.message, refresh);
  } finally {
    if (running === mine) {
      running = null;
      easel.busy(false);
    }
  }
}

async function show({ blob, controls, note }) {
  await easel.paint(blob, controls);
  say(`A preview; paint it in full size to keep it. ${sentence(note)}`);
}
