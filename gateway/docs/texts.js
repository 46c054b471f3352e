/** The words of the page in both languages; what services say of themselves is shown as they say it. */
const TEXTS = {
  en: {
    introduction: "Everything the suite can do, as the services themselves describe it. Open an operation to read about it and to try it.",
    title: "Rockpool API", skip: "Skip to the operations", search: "Search operations ( / )", token: "Token",
    tokenHelp: "Paste the access token that logging in answers. It stays in this tab and is sent with everything you try.",
    clear: "Clear", keep: "Use", language: "Language", contents: "Contents", document: "OpenAPI document",
    permission: "Permission", public: "works without logging in", authenticated: "everybody who is logged in",
    parameters: "Parameters", body: "Body", responses: "Responses", headers: "Headers", example: "Example",
    schema: "Fields", required: "required", optional: "optional", nullable: "or null", none: "Nothing here fits.",
    found: (count) => `${count} operations`, tryIt: "Try it", send: "Send", sending: "Sending…", answer: "Answer",
    milliseconds: (ms) => `${ms} ms`, copy: "Copy", copied: "Copied", curl: "As a curl command", file: "File",
    failed: "The request could not be sent.", loading: "Loading…", notLoaded: "The OpenAPI document could not be loaded.",
    again: "Try again", path: "in the path", query: "in the query", header: "header", deprecated: "deprecated",
    default: "default", oneOf: "one of", format: "format", values: "values", items: "items", any: "anything",
    noToken: "This operation needs a token: set one with the button “Token” above.", details: "Details",
    binary: "binary content", mayBe: "repeats", emptyApi: "No service has described itself yet. Reload in a moment.",
    gather: "Put together from", min: "≥", max: "≤", length: "length", pattern: "pattern", stream: "A stream: open it in a client that reads server-sent events.",
  },
  zh: {
    introduction: "本套件的全部接口，由各个服务自行描述。展开任一接口即可查看说明并直接试用。",
    title: "潮池 API", skip: "跳到接口列表", search: "搜索接口（ / ）", token: "令牌",
    tokenHelp: "粘贴登录后得到的访问令牌。它只保存在当前标签页，试用接口时会自动带上。",
    clear: "清除", keep: "使用", language: "语言", contents: "目录", document: "OpenAPI 文档",
    permission: "权限", public: "无需登录", authenticated: "所有已登录用户",
    parameters: "参数", body: "请求体", responses: "响应", headers: "响应头", example: "示例",
    schema: "字段", required: "必填", optional: "选填", nullable: "可为 null", none: "没有匹配的接口。",
    found: (count) => `共 ${count} 个接口`, tryIt: "试一试", send: "发送", sending: "发送中…", answer: "返回结果",
    milliseconds: (ms) => `${ms} 毫秒`, copy: "复制", copied: "已复制", curl: "curl 命令", file: "文件",
    failed: "请求未能发出。", loading: "加载中…", notLoaded: "无法加载 OpenAPI 文档。",
    again: "重试", path: "路径参数", query: "查询参数", header: "请求头", deprecated: "已弃用",
    default: "默认", oneOf: "其中之一", format: "格式", values: "可选值", items: "元素", any: "任意值",
    noToken: "该接口需要令牌：请先用上方的“令牌”按钮设置。", details: "详情",
    binary: "二进制内容", mayBe: "可重复", emptyApi: "还没有服务上报接口描述，请稍后刷新。",
    gather: "由以下接口组合", min: "≥", max: "≤", length: "长度", pattern: "格式", stream: "这是事件流：请用支持 server-sent events 的客户端打开。",
  },
};

const KEPT = "rockpool-docs-language";
let language = localStorage.getItem(KEPT) || (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

/** A text of the page in the present language. */
export function text(name, ...values) {
  const found = TEXTS[language][name];
  return typeof found === "function" ? found(...values) : found;
}

export function currentLanguage() {
  return language;
}

/** Change the language and remember it. */
export function useLanguage(name) {
  language = name in TEXTS ? name : "en";
  localStorage.setItem(KEPT, language);
}

/** Write the texts into the parts of the page that were there before any script. */
export function translatePage() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = text("title");
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = text(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", text(node.dataset.label));
  for (const node of document.querySelectorAll("[data-language]")) {
    node.setAttribute("aria-pressed", String(node.dataset.language === language));
  }
  document.getElementById("search").placeholder = text("search");
}
