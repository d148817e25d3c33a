// The API's description, rendered from /openapi.json.

const api = await (await fetch("openapi.json")).json();

/** An element with attributes and children; text stays text. */
function h(tag, attributes = {}, ...children) {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children.filter((child) => child != null));
  return element;
}

/** Text with its `code` in elements. */
const rich = (text) => text.split("`").map((part, i) => (i % 2 ? h("code", {}, part) : part));

const resolve = (schema = {}) =>
  schema.$ref ? resolve(schema.$ref.slice(2).split("/").reduce((at, key) => at[key], api)) : schema;

function typeOf(schema) {
  const s = resolve(schema);
  if (s.anyOf) return [...new Set(s.anyOf.map(typeOf))].filter((type) => type !== "null").join(" or ");
  if (s.enum) return s.enum.join(" | ");
  if (s.format === "binary" || s.contentMediaType) return "file";
  if (s.type === "array") return `list of ${typeOf(s.items)}`;
  const [low, high] = [s.minimum, s.maximum];
  return low !== undefined && high !== undefined ? `${s.type} from ${low} to ${high}` : s.type ?? "";
}

function fields(schema) {
  const { properties = {}, required = [] } = resolve(schema);
  const list = h("dl", { className: "fields" });
  for (const [name, field] of Object.entries(properties)) {
    const notes = [typeOf(field)];
    if (required.includes(name)) notes.push("required");
    if (field.default != null) notes.push(`default ${field.default}`);
    const { description, items } = { ...resolve(field), ...field };
    const nested = resolve(items).properties ? fields(items) : null;
    list.append(
      h("dt", {}, name),
      h("dd", {}, ...rich(description ?? ""), " ", h("small", {}, notes.filter(Boolean).join(", ")), nested),
    );
  }
  return list;
}

function example(content) {
  const [media = {}] = Object.values(content ?? {});
  const examples = Object.values(media.examples ?? {}).map((e) => e.value);
  return examples.length
    ? h("details", {}, h("summary", {}, examples.length > 1 ? "Examples" : "Example"),
        ...examples.map((e) => h("pre", {}, h("code", {}, JSON.stringify(e, null, 2)))))
    : null;
}

function responses(all) {
  const list = h("dl", { className: "fields" });
  for (const [status, response] of Object.entries(all)) {
    const types = Object.keys(response.content ?? {}).join(", ");
    const [media] = Object.values(response.content ?? {});
    const nested = resolve(media?.schema).properties && status < 300 ? fields(media.schema) : null;
    list.append(
      h("dt", {}, status),
      h("dd", {}, ...rich(response.description), " ", h("small", {}, types), nested, example(response.content)),
    );
  }
  return list;
}

function operation(path, verb, { summary, description, requestBody, responses: all }) {
  const [body] = Object.entries(requestBody?.content ?? {});
  return h("article", {},
    h("h2", {}, h("span", { className: "verb" }, verb.toUpperCase()), h("code", {}, path),
      h("span", { className: "what" }, summary)),
    ...(description ?? "").split("\n\n").map((paragraph) => h("p", {}, ...rich(paragraph))),
    ...(body ? [h("h3", {}, `Fields (${body[0]})`), fields(body[1].schema)] : []),
    h("h3", {}, "Answers"), responses(all));
}

function problems() {
  const known = new Map();
  for (const methods of Object.values(api.paths))
    for (const { responses: all } of Object.values(methods))
      for (const { content } of Object.values(all))
        for (const [name, { value }] of Object.entries(content?.["application/problem+json"]?.examples ?? {}))
          known.set(name, value);
  return [...known].flatMap(([name, { status, title, detail }]) => [
    h("dt", { id: name }, name),
    h("dd", {}, `${status}. ${title}. `, h("small", {}, `“${detail}”`)),
  ]);
}

const base = new URL(".", location.href).href;
document.getElementById("about").textContent = `${api.info.description} Version ${api.info.version}.`;
document.getElementById("curl").textContent =
  `curl -F content=@photo.jpg -F style=@painting.jpg ${base}v1/stylize -o painted.png`;
document.getElementById("operations").append(
  ...Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([verb, details]) => operation(path, verb, details))),
);
document.getElementById("problems").append(...problems());
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
