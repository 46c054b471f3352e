/** Small means to build pages: everything that comes from the document is set as text, never as HTML. */

/** An element; `properties` are attributes, except `on…` functions. */
export function element(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(key, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Paragraphs, lists and `code` of a description in Markdown; the rest of Markdown is shown as it is. */
export function prose(markdown) {
  const blocks = (markdown || "").trim().split(/\n\s*\n/).filter(Boolean);
  return blocks.map((block) => {
    const lines = block.split("\n");
    if (lines.every((line) => /^\s*[*-] /.test(line))) {
      return element("ul", {}, lines.map((line) => element("li", {}, inline(line.replace(/^\s*[*-] /, "")))));
    }
    return element("p", {}, inline(lines.join(" ")));
  });
}

/** A text with its `code` marked up. */
export function inline(line) {
  return line.split(/(`[^`]+`)/).filter(Boolean).map((part) =>
    part.startsWith("`") && part.length > 1 ? element("code", {}, part.slice(1, -1)) : part);
}

/** A block of code with a button that copies it. */
export function codeBlock(content, label, words) {
  const button = element("button", { type: "button", class: "copy", onclick: copy }, words.copy);
  async function copy() {
    await navigator.clipboard.writeText(content);
    button.textContent = words.copied;
    setTimeout(() => { button.textContent = words.copy; }, 1500);
  }
  const pre = element("pre", { tabindex: "0", "aria-label": label }, element("code", {}, content));
  return element("div", { class: "code" }, pre, navigator.clipboard ? button : null);
}

/** JSON as people read it. */
export function pretty(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
