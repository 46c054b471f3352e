/** Schemas as tables of fields, and examples made of them. */
import { element, inline } from "./dom.js";
import { text } from "./texts.js";

const DEEPEST = 6;
const BY_FORMAT = {
  uuid: "01900000-0000-7000-8000-000000000000", "date-time": "2026-01-31T09:00:00Z", date: "2026-01-31",
  email: "hello@example.com", uri: "https://example.com/",
};

/** What a reference points to. */
export function resolve(schema, api) {
  let found = schema || {};
  for (let step = 0; found.$ref && step < 20; step += 1) {
    const name = found.$ref.split("/").pop();
    const { $ref, ...rest } = found;
    found = { title: name, ...(api.components?.schemas?.[name] || {}), ...rest };
  }
  return found;
}

/** What a reference to another part of the document, such as a response, points to. */
export function refer(value, api) {
  if (!value?.$ref) return value;
  return value.$ref.split("/").slice(1).reduce((at, name) => at?.[name], api) || value;
}

function variants(schema) {
  return schema.oneOf || schema.anyOf || null;
}

function kinds(schema) {
  return [schema.type].flat().filter(Boolean);
}

/** The type of a schema in a few words. */
export function typeOf(given, api) {
  const schema = resolve(given, api);
  if (variants(schema)) return variants(schema).map((one) => typeOf(one, api)).join(" | ");
  const types = kinds(schema).filter((kind) => kind !== "null");
  const nullable = kinds(schema).includes("null") ? ` ${text("nullable")}` : "";
  if (types[0] === "array") return `[${typeOf(schema.items || {}, api)}]${nullable}`;
  if (types[0] === "object" && schema.title) return schema.title + nullable;
  return (types.join(" | ") || text("any")) + (schema.format ? ` <${schema.format}>` : "") + nullable;
}

/** The limits of a schema, as a list of short texts. */
export function limitsOf(given, api) {
  const schema = resolve(given, api);
  const limits = [];
  if (schema.enum) limits.push(`${text("values")}: ${schema.enum.map((one) => JSON.stringify(one)).join(", ")}`);
  if (schema.default !== undefined) limits.push(`${text("default")}: ${JSON.stringify(schema.default)}`);
  if (schema.minimum !== undefined) limits.push(`${text("min")} ${schema.minimum}`);
  if (schema.maximum !== undefined) limits.push(`${text("max")} ${schema.maximum}`);
  if (schema.minLength !== undefined || schema.maxLength !== undefined) {
    limits.push(`${text("length")} ${schema.minLength ?? 0}–${schema.maxLength ?? "∞"}`);
  }
  if (schema.pattern) limits.push(`${text("pattern")} \`${schema.pattern}\``);
  return limits;
}

/** The fields of an object, or of the items of a list, as a table; fields of fields are indented below. */
export function fieldTable(given, api) {
  const rows = [];
  collect(given, api, 0, "", rows, []);
  if (!rows.length) return element("p", { class: "type" }, typeOf(given, api));
  return element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": text("schema") },
    element("table", { class: "fields" }, element("tbody", {}, rows)));
}

function collect(given, api, depth, prefix, rows, above) {
  const schema = resolve(given, api);
  if (depth > DEEPEST || above.includes(schema.title)) return;
  const seen = schema.title ? [...above, schema.title] : above;
  for (const one of schema.allOf || []) collect(one, api, depth, prefix, rows, seen);
  for (const one of variants(schema) || []) collect(one, api, depth, prefix, rows, seen);
  if (schema.items) collect(schema.items, api, depth, `${prefix}[].`.replace(/^\[\]\./, ""), rows, seen);
  for (const [name, field] of Object.entries(schema.properties || {})) {
    rows.push(fieldRow(name, field, (schema.required || []).includes(name), api, depth));
    collect(field, api, depth + 1, `${prefix}${name}.`, rows, seen);
  }
}

function fieldRow(name, field, required, api, depth) {
  const schema = resolve(field, api);
  const description = schema.description ? element("div", {}, inline(schema.description)) : null;
  const limits = limitsOf(field, api).map((limit) => element("span", { class: "limit" }, inline(limit)));
  return element("tr", { class: `depth-${Math.min(depth, DEEPEST)}` },
    element("th", { scope: "row" }, element("code", {}, name), required ? element("span", { class: "needed" }, text("required")) : null),
    element("td", {}, element("span", { class: "type" }, typeOf(field, api)), limits, description));
}

/** An example of a media type: the one that is given, else one made of the schema. */
export function exampleOf(content, api) {
  if (content.example !== undefined) return content.example;
  const named = Object.values(content.examples || {})[0];
  if (named?.value !== undefined) return named.value;
  return made(content.schema || {}, api, 0);
}

function made(given, api, depth) {
  const schema = resolve(given, api);
  if (schema.example !== undefined) return schema.example;
  if (schema.examples?.length) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (depth > DEEPEST) return null;
  const inner = schema.allOf || variants(schema);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((one) => made(one, api, depth + 1)));
  if (inner) return made(inner[0], api, depth + 1);
  const [kind] = kinds(schema);
  if (kind === "array") return schema.items ? [made(schema.items, api, depth + 1)] : [];
  if (kind === "object" || schema.properties) {
    return Object.fromEntries(Object.entries(schema.properties || {}).map(([name, field]) => [name, made(field, api, depth + 1)]));
  }
  if (kind === "integer" || kind === "number") return schema.minimum ?? 1;
  if (kind === "boolean") return true;
  return kind === "null" ? null : BY_FORMAT[schema.format] || "text";
}
