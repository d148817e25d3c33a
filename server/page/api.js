// The calls to the server. Failures are thrown as Error with a sentence to show.

import { blobOf, reader } from "./events.js";

const PATIENCE = 3; // how many times a busy server is asked again

const pause = (seconds, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

/** The presets, once the server is ready. */
export async function presets(onWait) {
  for (;;) {
    const response = await fetch("v1/styles");
    if (response.ok) return (await response.json()).styles;
    const text = reason(response.status, await response.text());
    if (response.status !== 503) throw new Error(text);
    onWait(text);
    await pause(1);
  }
}

/**
 * Send a form, and get {blob, name, note}. A busy server is asked again when it says, some times;
 * `onWait` is told the seconds, `onSent` the share of the form that has left, `onEvent` name and
 * data of what happens in the server.
 */
export async function stylize(form, { signal, onSent, onWait, onEvent } = {}) {
  for (let attempt = 0; ; attempt++) {
    const last = {};
    const hear = (name, data) => {
      if (name === "painted" || name === "problem") last[name] = data;
      else onEvent(name, data);
    };
    const answer = await post("v1/stylize", form, { signal, onSent, hear: onEvent && hear });
    const { painted, problem } = last;
    if (painted) return { ...painted, blob: blobOf(painted.picture, painted.type), note: noteOf(painted.note) };
    if (answer.status === 200 && !onEvent)
      return {
        blob: answer.response,
        name: fileName(answer.getResponseHeader("Content-Disposition")),
        note: noteOf(answer.getResponseHeader("Styler-Note")),
      };
    const seconds = problem?.retry_after ?? Number(answer.getResponseHeader("Retry-After"));
    if (!seconds || attempt >= PATIENCE)
      throw new Error(problem ? told(problem) : reason(answer.status, await new Response(answer.response).text()));
    onWait?.(seconds);
    await pause(seconds, signal);
  }
}

/** XMLHttpRequest, for fetch does not tell how much has been sent. */
function post(address, body, { signal, onSent, hear }) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.upload.onprogress = ({ loaded, total }) => onSent?.(loaded / total);
    const read = hear && reader(hear);
    const listen = () => read && request.status === 200 && read(request.responseText);
    if (hear) request.setRequestHeader("Accept", "text/event-stream");
    else request.responseType = "blob";
    request.onprogress = listen;
    request.onload = () => {
      listen();
      resolve(request);
    };
    request.onerror = () => reject(new Error("The server cannot be reached."));
    request.onabort = () => reject(signal.reason);
    signal?.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

function reason(status, body) {
  try {
    return told(JSON.parse(body));
  } catch {
    return `The server answered ${status}.`;
  }
}

const told = ({ detail }) => sentence(detail.replace(/^content: /, "your photo: "));

const noteOf = (text) => (text ?? "").replace(/^content: /, "");

export const sentence = (words) => words && words[0].toUpperCase() + words.slice(1) + ".";

const fileName = (disposition) => decodeURIComponent(/filename\*=UTF-8''([^;]+)/.exec(disposition)?.[1] ?? "painted");
