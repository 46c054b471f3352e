"""From a template and what is known of a recipient to the three texts of a message."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError

from chassis.errors import FieldError
from chassis.mail.letters import Content, one_line
from services.campaigns.errors import UnusableTemplate
from services.campaigns.language import STEPS, Steps, checked, environment
from services.campaigns.plain_text import as_plain_text

LONGEST_SUBJECT = 500
LONGEST_TEXT = 500_000
PARTS = ("subject", "html", "text")
FOOTER = "退订 / Unsubscribe"
SOURCE_NAME = "<template>"

_HTML = environment(autoescape=True)
_PLAIN = environment(autoescape=False)

SAMPLE: dict[str, Any] = {
    "customer": {"name": "示例公司 Example Ltd", "sector": "software", "country": "China", "city": "上海 Shanghai"},
    "contact": {"name": "示例 Sample", "email": "sample@example.com"},
    "campaign": {"name": "Sample"},
    "sender": {"name": "Sample"},
    "unsubscribe_url": "https://example.com/unsubscribe",
}
EMPTY: dict[str, Any] = {
    **SAMPLE,
    "customer": {"name": "示例公司 Example Ltd", "sector": "", "country": "", "city": ""},
}
"""The least that is known of anybody: a template must cope with it."""


class CannotRender(Exception):
    """A template, or one part of it, that gives no message; the text names the line."""


class MessageTemplate:
    """A template ready to be rendered; raises UnusableTemplate that names the part and the line of each mistake."""

    def __init__(self, source: Mapping[str, str | None]) -> None:
        self._source = source
        self._parts: dict[str, Template] = {}
        complaints: list[FieldError] = []
        for name in PARTS:
            if (text := source.get(name)) is not None:
                try:
                    self._parts[name] = _compiled(text, html=name == "html")
                except CannotRender as error:
                    complaints.append({"pointer": f"/template/{name}", "detail": str(error)})
        if complaints:
            raise UnusableTemplate(errors=complaints)

    def render(self, values: dict[str, Any]) -> Content:
        """The message for one recipient, with a way to unsubscribe in both forms; raises CannotRender."""
        url = values["unsubscribe_url"]
        html = self.part("html", values)
        text = self.part("text", values) if "text" in self._parts else as_plain_text(html)
        return Content(self.part("subject", values), _html_with_link(html, url), _text_with_link(text, url))

    def part(self, name: str, values: dict[str, Any]) -> str:
        """The subject, html or text for one recipient; raises CannotRender."""
        limit = LONGEST_SUBJECT if name == "subject" else LONGEST_TEXT
        steps = Steps(len(self._source[name] or ""))
        result = _rendered(self._parts[name], {**values, STEPS: steps}, limit)
        if name == "subject":
            result = one_line(result)
        if not result.strip():
            raise CannotRender(f"The {name} is empty")
        return result


def check(source: Mapping[str, str | None]) -> None:
    """Try a template on a sample and on a customer of whom little is known; raises UnusableTemplate."""
    template = MessageTemplate(source)
    complaints: list[FieldError] = []
    for name in PARTS:
        if source.get(name) is None:
            continue
        try:
            for values in (SAMPLE, EMPTY):
                template.part(name, values)
        except CannotRender as error:
            complaints.append({"pointer": f"/template/{name}", "detail": str(error)})
    if complaints:
        raise UnusableTemplate(errors=complaints)


def _compiled(source: str, *, html: bool) -> Template:
    jinja = _HTML if html else _PLAIN
    try:
        return jinja.from_string(checked(jinja, source))
    except TemplateSyntaxError as error:
        raise CannotRender(f"Line {error.lineno}: {error.message}") from None
    except (RecursionError, SyntaxError, MemoryError):
        raise CannotRender("The template is nested too deeply") from None
    except (TemplateError, ValueError, OverflowError) as error:
        raise CannotRender(f"The template cannot be read: {error}") from None


def _rendered(template: Template, values: dict[str, Any], limit: int) -> str:
    pieces: list[str] = []
    size = 0
    try:
        for piece in template.generate(values):
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise ValueError(f"The result has more than {limit} characters")
    except Exception as error:
        # Whatever goes wrong in there was written by the author of the template, so it is his to read.
        raise CannotRender(f"Line {_line_of(error)}: {error}") from None
    return "".join(pieces)


def _line_of(error: BaseException) -> int:
    """The line of the template where it happened: Jinja rewrites its tracebacks to them."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SOURCE_NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _html_with_link(html: str, url: str) -> str:
    if url in html:
        return html
    footer = f'<p><a href="{url}">{FOOTER}</a></p>'
    body, end, rest = html.rpartition("</body>")
    return f"{body}{footer}{end}{rest}" if end else f"{html}{footer}"


def _text_with_link(text: str, url: str) -> str:
    return text if url in text else f"{text.rstrip()}\n\n{FOOTER}: {url}\n"
