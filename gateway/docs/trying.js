/** Trying an operation from the page: a form for its parameters and body, and what came back. */
import { codeBlock, element, pretty } from "./dom.js";
import { exampleOf, resolve, typeOf } from "./schemas.js";
import { text } from "./texts.js";

const KEPT = "rockpool-docs-token";

export function token() {
  return sessionStorage.getItem(KEPT) || "";
}

export function keepToken(value) {
  const given = value.trim().replace(/^bearer\s+/i, "");
  if (given) sessionStorage.setItem(KEPT, given);
  else sessionStorage.removeItem(KEPT);
}

/** The form of one operation. */
export function tryForm(operation, api) {
  const inputs = operation.parameters.map((parameter) => parameterInput(operation, parameter, api));
  const body = bodyInput(operation, api);
  const outcome = element("div", { class: "outcome", role: "status", "aria-live": "polite" });
  const button = element("button", { type: "submit", class: "primary" }, text("send"));
  const form = element("form", { class: "try", novalidate: true, onsubmit: submit },
    inputs.map((one) => one.node), body?.node, element("div", { class: "actions" }, button), outcome);

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    outcome.replaceChildren(element("p", {}, text("sending")));
    outcome.replaceChildren(...await sent(requestOf(operation, inputs, body, api)));
    button.disabled = false;
  }
  return form;
}

function parameterInput(operation, parameter, api) {
  const schema = resolve(parameter.schema, api);
  const id = `${operation.id}-${parameter.in}-${parameter.name}`;
  const suggested = parameter.in === "path" ? String(exampleOf({ schema: parameter.schema }, api)) : "";
  const given = parameter.example ?? suggested;
  const field = schema.enum
    ? element("select", { id }, ["", ...schema.enum].map((one) => element("option", {}, String(one))))
    : element("input", { id, type: "text", value: given, placeholder: typeOf(parameter.schema, api), autocomplete: "off", spellcheck: "false" });
  const isList = [schema.type].flat().includes("array");
  return { parameter, isList, field, node: element("label", { for: id }, element("span", {}, parameter.name), field) };
}

function bodyInput(operation, api) {
  const contents = Object.entries(operation.requestBody?.content || {});
  if (!contents.length) return null;
  const [kind, content] = contents.find(([type]) => type === "application/json") || contents[0];
  const id = `${operation.id}-body`;
  if (kind !== "application/json") {
    const field = element("input", { id, type: "file" });
    return { kind: "file", field, node: element("label", { for: id }, element("span", {}, text("file")), field) };
  }
  const field = element("textarea", { id, rows: "8", spellcheck: "false" });
  field.value = pretty(exampleOf(content, api));
  return { kind: "json", field, node: element("label", { for: id }, element("span", {}, text("body")), field) };
}

function requestOf(operation, inputs, body, api) {
  let path = operation.path;
  const query = new URLSearchParams();
  const headers = {};
  for (const { parameter, field, isList } of inputs) {
    const value = field.value.trim();
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    if (!value) continue;
    if (parameter.in === "query") {
      for (const one of isList ? value.split(",") : [value]) query.append(parameter.name, one.trim());
    }
    if (parameter.in === "header") headers[parameter.name] = value;
  }
  if (token() && !operation.isPublic) headers.Authorization = `Bearer ${token()}`;
  const request = { method: operation.method.toUpperCase(), headers };
  if (body?.kind === "json" && body.field.value.trim()) {
    headers["Content-Type"] = "application/json";
    request.body = body.field.value;
  }
  if (body?.kind === "file" && body.field.files.length) {
    request.body = new FormData();
    request.body.append("file", body.field.files[0]);
  }
  const server = api.servers?.[0]?.url || "";
  return { url: server + path + (query.size ? `?${query}` : ""), request };
}

async function sent({ url, request }) {
  const command = curlOf(url, request);
  const started = performance.now();
  try {
    const answer = await fetch(url, { ...request, cache: "no-store" });
    if ((answer.headers.get("Content-Type") || "").startsWith("text/event-stream")) {
      await answer.body.cancel();
      return [statusLine(answer, started), element("p", {}, text("stream")), command];
    }
    return [statusLine(answer, started), await contentOf(answer), headersOf(answer), command];
  } catch (error) {
    return [element("p", { class: "failure" }, text("failed"), ` ${error.message}`), command];
  }
}

function statusLine(answer, started) {
  const kind = answer.ok ? "success" : "failure";
  const duration = text("milliseconds", Math.round(performance.now() - started));
  return element("p", { class: kind }, element("strong", {}, `${answer.status} ${answer.statusText}`), ` · ${duration}`);
}

async function contentOf(answer) {
  const words = { copy: text("copy"), copied: text("copied") };
  const disposition = answer.headers.get("Content-Disposition");
  if (disposition?.startsWith("attachment")) {
    const link = URL.createObjectURL(await answer.blob());
    return element("p", {}, element("a", { href: link, download: "answer" }, disposition));
  }
  const content = await answer.text();
  if (!content) return null;
  try {
    return codeBlock(pretty(JSON.parse(content)), text("answer"), words);
  } catch {
    return codeBlock(content, text("answer"), words);
  }
}

function headersOf(answer) {
  const lines = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  return element("details", {}, element("summary", {}, text("headers")),
    codeBlock(lines, text("headers"), { copy: text("copy"), copied: text("copied") }));
}

function curlOf(url, request) {
  const quoted = (value) => `'${value.replaceAll("'", "'\\''")}'`;
  const parts = [`curl -X ${request.method} ${quoted(location.origin + url)}`];
  for (const [name, value] of Object.entries(request.headers)) {
    parts.push(`-H ${quoted(`${name}: ${name === "Authorization" ? "Bearer $TOKEN" : value}`).replace("$TOKEN'", "'\"$TOKEN\"")}`);
  }
  if (typeof request.body === "string") parts.push(`--data ${quoted(request.body)}`);
  else if (request.body) parts.push("-F file=@FILE");
  return element("details", {}, element("summary", {}, text("curl")),
    codeBlock(parts.join(" \\\n  "), text("curl"), { copy: text("copy"), copied: text("copied") }));
}
