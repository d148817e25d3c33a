// The three calls that the page makes. Failures are thrown as Error with a sentence to show.

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
    if (response.status !== 503) throw new Error(await reason(response));
    onWait(await reason(response));
    await pause(1);
  }
}

/**
 * Paint `content` (a Blob). `style` is {preset} or {file}, `controls` are fields of the form. A busy
 * server is asked again, politely, `patience` times; `onWait` is told, and `onNote` what of it is not
 * painted.
 */
export async function stylize({ content, name, style, controls, format }, { signal, patience = 3, onWait, onNote }) {
  const body = new FormData();
  body.append("content", content, name);
  if (style.file) body.append("style", style.file, style.file.name);
  else body.append("preset", style.preset);
  for (const [control, value] of Object.entries(controls)) body.append(control, value);
  body.append("format", format);
  for (let attempt = 0; ; attempt++) {
    const response = await fetch("v1/stylize", { method: "POST", body, signal });
    if (response.ok) {
      const note = response.headers.get("Styler-Note")?.replace(/^content: /, "");
      if (note) onNote?.(sentence(note));
      return response.blob();
    }
    const text = await reason(response);
    const again = Number(response.headers.get("Retry-After"));
    if (!again || attempt >= patience) throw new Error(text);
    onWait?.(text);
    await pause(again, signal);
  }
}

async function reason(response) {
  try {
    const { detail } = await response.json();
    return sentence(detail);
  } catch {
    return `The server answered ${response.status}.`;
  }
}

function sentence(words) {
  return words[0].toUpperCase() + words.slice(1) + ".";
}
