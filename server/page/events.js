// Server-sent events, out of an answer that is still arriving.

/** Takes the text so far, again and again, and tells each event that is whole: name and data. */
export function reader(tell) {
  let read = 0;
  return (text) => {
    for (;;) {
      const end = text.indexOf("\n\n", read);
      if (end < 0) return;
      const lines = text.slice(read, end).split("\n");
      read = end + 2;
      const [name, data] = ["event: ", "data: "].map((key) =>
        lines.find((line) => line.startsWith(key))?.slice(key.length),
      );
      if (name && data) tell(name, JSON.parse(data));
    }
  };
}

/** What is in Base64, as a Blob. */
export const blobOf = (text, type) => new Blob([bytes(text)], { type });

const bytes = (text) => Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
