// The calls to the server. Failures are thrown as Error with a sentence to show.

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

/** How many requests are inside the server, or none if it does not say. */
export async function inside() {
  try {
    return (await (await fetch("readyz")).json()).requests;
  } catch {
    return undefined;
  }
}

/**
 * Send a form, and get {blob, name, note}. A busy server is asked again when it says, some times;
 * `onWait` is told the seconds, `onSent` the share of the form that has left.
 */
export async function stylize(form, { signal, onSent, onWait } = {}) {
  for (let attempt = 0; ; attempt++) {
    const answer = await post("v1/stylize", form, signal, onSent);
    if (answer.status === 200)
      return {
        blob: answer.response,
        name: fileName(answer.getResponseHeader("Content-Disposition")),
        note: (answer.getResponseHeader("Styler-Note") ?? "").replace(/^content: /, ""),
      };
    const seconds = Number(answer.getResponseHeader("Retry-After"));
    if (!seconds || attempt >= PATIENCE) throw new Error(reason(answer.status, await answer.response.text()));
    onWait?.(seconds);
    await pause(seconds, signal);
  }
}

/** XMLHttpRequest, for fetch does not tell how much has been sent. */
function post(address, body, signal, onSent) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.responseType = "blob";
    request.upload.onprogress = ({ loaded, total }) => onSent?.(loaded / total);
    request.onload = () => resolve(request);
    request.onerror = () => reject(new Error("The server cannot be reached."));
    request.onabort = () => reject(signal.reason);
    signal?.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

function reason(status, body) {
  try {
    return sentence(JSON.parse(body).detail.replace(/^content: /, "your photo: "));
  } catch {
    return `The server answered ${status}.`;
  }
}

export const sentence = (words) => words && words[0].toUpperCase() + words.slice(1) + ".";

const fileName = (disposition) => decodeURIComponent(/filename\*=UTF-8''([^;]+)/.exec(disposition)?.[1] ?? "painted");
