/** The documentation page: loads the OpenAPI document and shows its operations by tag. */
import { element, prose } from "./dom.js";
import { fits, operationCard, operationsOf } from "./operations.js";
import { currentLanguage, text, translatePage, useLanguage } from "./texts.js";
import { keepToken, token } from "./trying.js";

const DOCUMENT = "/api/v1/openapi.json";
const main = document.getElementById("operations");
const navigation = document.querySelector("nav");
const search = document.getElementById("search");
const found = document.getElementById("found");
const PHONE = window.matchMedia("(max-width: 800px)");
let api = null;
let operations = [];

async function load() {
  show(element("p", { role: "status" }, text("loading")));
  try {
    const answer = await fetch(DOCUMENT);
    if (!answer.ok) throw new Error(String(answer.status));
    api = await answer.json();
    operations = operationsOf(api);
    draw();
    openLinked();
  } catch {
    show(element("p", { class: "failure" }, text("notLoaded"), " ",
      element("button", { type: "button", onclick: load }, text("again"))));
  }
}

function show(...nodes) {
  main.replaceChildren(found, ...nodes);
}

function draw() {
  translatePage();
  if (!api) return;
  show(introduction(), ...tags().map(tagSection), element("p", { id: "none", hidden: true }, text("none")));
  if (operations.length <= 3) main.append(element("p", {}, text("emptyApi")));
  navigation.replaceChildren(...tags().map(tagLinks));
  narrow();
}

function tags() {
  const described = Object.fromEntries((api.tags || []).map((tag) => [tag.name, tag.description || ""]));
  const names = [...new Set([...Object.keys(described), ...operations.map((one) => one.tag)])];
  return names.map((name) => ({ name, description: described[name] || "", own: operations.filter((one) => one.tag === name) }))
    .filter((tag) => tag.own.length);
}

function introduction() {
  return element("div", { class: "introduction" }, element("h1", {}, text("title")),
    element("p", { class: "type" }, `${api.info.version} · OpenAPI ${api.openapi} · `, element("a", { href: DOCUMENT }, text("document"))),
    prose(text("introduction")));
}

function tagSection(tag) {
  return element("section", { class: "tag", "aria-labelledby": `tag-${tag.name}` },
    element("h2", { id: `tag-${tag.name}` }, tag.name), prose(tag.description),
    tag.own.map((operation) => operationCard(operation, api)));
}

function tagLinks(tag) {
  const links = tag.own.map((operation) => element("li", { "data-operation": operation.id },
    element("a", { href: `#${operation.id}` },
      element("span", { class: `method ${operation.method}`, "aria-hidden": "true" }, operation.method.toUpperCase()),
      operation.summary || operation.path)));
  return element("section", {}, element("h3", {}, element("a", { href: `#tag-${tag.name}` }, tag.name)), element("ul", {}, links));
}

/** Leave only what fits the search. */
function narrow() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = new Set(operations.filter((one) => fits(one, words)).map((one) => one.id));
  for (const card of main.querySelectorAll(".operation")) card.hidden = !fitting.has(card.id);
  for (const item of navigation.querySelectorAll("[data-operation]")) item.hidden = !fitting.has(item.dataset.operation);
  for (const group of document.querySelectorAll(".tag, nav section")) {
    group.hidden = !group.querySelector(".operation:not([hidden]), [data-operation]:not([hidden])");
  }
  const none = document.getElementById("none");
  if (none) none.hidden = fitting.size > 0;
  found.textContent = words.length ? text("found", fitting.size) : "";
}

/** Open the operation that the address names. */
function openLinked() {
  const name = decodeURIComponent(location.hash.slice(1));
  const target = name && document.getElementById(name);
  if (!target) return;
  if (target.matches(".operation")) target.open = true;
  target.scrollIntoView();
  target.querySelector("summary")?.focus({ preventScroll: true });
  if (PHONE.matches) document.getElementById("contents").open = false;
}

function markToken() {
  document.getElementById("token-button").classList.toggle("set", Boolean(token()));
}

function prepareDialog() {
  const dialog = document.getElementById("token-dialog");
  const field = document.getElementById("token");
  document.getElementById("token-button").addEventListener("click", () => {
    field.value = token();
    dialog.showModal();
    field.focus();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "keep") keepToken(field.value);
    if (dialog.returnValue === "clear") keepToken("");
    markToken();
    for (const hint of main.querySelectorAll(".hint")) hint.hidden = Boolean(token());
  });
}

function isTyping(target) {
  return target.matches("input, textarea, select");
}

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !isTyping(event.target)) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && event.target === search) {
    search.value = "";
    narrow();
  }
});
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    if (button.dataset.language === currentLanguage()) return;
    useLanguage(button.dataset.language);
    draw();
    openLinked();
  });
}
search.addEventListener("input", narrow);
window.addEventListener("hashchange", openLinked);
document.getElementById("contents").open = !PHONE.matches;
prepareDialog();
markToken();
translatePage();
load();
