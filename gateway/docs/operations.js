/** One operation on the page; what is inside is made when it is opened for the first time. */
import { codeBlock, element, inline, pretty, prose } from "./dom.js";
import { exampleOf, fieldTable, limitsOf, refer, typeOf } from "./schemas.js";
import { text } from "./texts.js";
import { token, tryForm } from "./trying.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const PUBLIC = "public";

/** Every operation of the document, flat. */
export function operationsOf(api) {
  return Object.entries(api.paths || {}).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => {
    const described = item[method];
    return {
      ...described, path, method, id: described.operationId || `${method}-${path}`,
      tag: described.tags?.[0] || "", parameters: (described.parameters || []).map(withSchema),
      permission: described["x-permission"] || "", isPublic: described["x-permission"] === PUBLIC,
    };
  }));
}

/** The parameter with its schema in the usual place; one that is a JSON text has it below its media type. */
function withSchema(parameter) {
  return parameter.content ? { ...parameter, schema: Object.values(parameter.content)[0].schema } : parameter;
}

/** Whether every word of a search is somewhere in an operation. */
export function fits(operation, words) {
  const all = [operation.method, operation.path, operation.summary, operation.description, operation.id, operation.permission]
    .join(" ").toLowerCase();
  return words.every((word) => all.includes(word));
}

/** The operation as something that opens. */
export function operationCard(operation, api) {
  const summary = element("summary", {},
    element("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()),
    element("code", { class: "path" }, operation.path),
    element("span", { class: "about" }, operation.summary || ""));
  const card = element("details", { class: "operation", id: operation.id, ontoggle: fill }, summary);
  function fill() {
    if (card.open && card.childElementCount === 1) card.append(content(operation, api));
  }
  return card;
}

function content(operation, api) {
  return element("div", { class: "content" },
    operation.deprecated ? element("p", { class: "failure" }, text("deprecated")) : null,
    prose(operation.description), permission(operation), gathered(operation), parameters(operation, api),
    requestBody(operation, api), responses(operation, api), trying(operation, api));
}

function section(title, ...children) {
  return element("section", {}, element("h3", {}, title), children);
}

function permission(operation) {
  const words = { public: text("public"), authenticated: text("authenticated") };
  const named = words[operation.permission];
  return element("p", { class: "permission" }, `${text("permission")}: `,
    named || element("code", {}, operation.permission));
}

function gathered(operation) {
  const parts = operation["x-rockpool"]?.gather;
  if (!parts) return null;
  return element("p", {}, `${text("gather")}: `,
    parts.map((part, index) => [index ? ", " : "", element("a", { href: `#${part.service}.${part.method}` }, part.part)]));
}

function parameters(operation, api) {
  if (!operation.parameters.length) return null;
  const rows = operation.parameters.map((parameter) => element("tr", {},
    element("th", { scope: "row" }, element("code", {}, parameter.name),
      parameter.required ? element("span", { class: "needed" }, text("required")) : null),
    element("td", {}, element("span", { class: "type" }, `${typeOf(parameter.schema, api)} · ${text(parameter.in)}`),
      limitsOf(parameter.schema, api).map((limit) => element("span", { class: "limit" }, inline(limit))),
      parameter.description ? element("div", {}, inline(parameter.description)) : null)));
  return section(text("parameters"),
    element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": text("parameters") },
      element("table", { class: "fields" }, element("tbody", {}, rows))));
}

function requestBody(operation, api) {
  const contents = Object.entries(operation.requestBody?.content || {});
  if (!contents.length) return null;
  return section(text("body"), contents.map(([kind, one]) => media(kind, one, api)));
}

function media(kind, one, api) {
  const isBinary = one.schema?.format === "binary";
  const example = isBinary ? null : pretty(exampleOf(one, api));
  return element("div", { class: "media" }, element("p", { class: "type" }, kind),
    isBinary ? element("p", {}, text("binary")) : fieldTable(one.schema || {}, api),
    example ? element("details", {}, element("summary", {}, text("example")),
      codeBlock(example, text("example"), { copy: text("copy"), copied: text("copied") })) : null);
}

function responses(operation, api) {
  const all = Object.entries(operation.responses || {}).map(([status, given]) => {
    const response = refer(given, api);
    const contents = Object.entries(response.content || {});
    const headers = Object.keys(response.headers || {});
    return element("details", { class: `response ${status < "400" ? "success" : "failure"}` },
      element("summary", {}, element("strong", {}, status), " ", inline(response.description || "")),
      headers.length ? element("p", { class: "type" }, `${text("headers")}: ${headers.join(", ")}`) : null,
      contents.map(([kind, one]) => media(kind, one, api)));
  });
  return section(text("responses"), all);
}

function trying(operation, api) {
  const hint = element("p", { class: "hint" }, operation.isPublic || token() ? "" : text("noToken"));
  return section(text("tryIt"), hint, tryForm(operation, api));
}
