"""The plain text of an HTML message, for readers and programs that show no HTML.

One pass without backtracking: however the HTML is broken, the time grows with its length only.
"""

import html
import re
from collections.abc import Iterator

HIDDEN = frozenset({"head", "script", "style", "title"})
BLOCKS = frozenset({"address", "article", "blockquote", "br", "div", "footer", "header", "hr", "p", "pre", "section"})
BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "ol", "ul", "li", "table", "tr"}
TAG_NAME = re.compile(r"/?[A-Za-z][A-Za-z0-9]*")
LINK = re.compile(r"""\shref=(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)


def as_plain_text(source: str) -> str:
    """Text with its paragraphs as lines and its links in brackets."""
    pieces: list[str] = []
    hidden_by, link = "", ""
    for is_tag, content in _tokens(source):
        if not is_tag:
            if not hidden_by:
                pieces.append(" ".join(_spaced(html.unescape(content))))
            continue
        name = _name_of(content)
        if hidden_by or name in HIDDEN:
            hidden_by = "" if name == f"/{hidden_by}" else hidden_by or name
        elif name == "a":
            link = _address_of(content)
        elif name == "/a" and link:
            pieces.append(f" ({link})")
            link = ""
        elif name.removeprefix("/") in BLOCKS:
            pieces.append("\n- " if name == "li" else "\n")
        elif name in ("td", "th"):
            pieces.append(" ")
    return _tidied("".join(pieces))


def _tokens(source: str) -> Iterator[tuple[bool, str]]:
    """Tags (without their brackets) and the texts between them; comments are left out."""
    place = 0
    while (start := source.find("<", place)) >= 0:
        yield False, source[place:start]
        comment = source.startswith("<!--", start)
        end = source.find("-->" if comment else ">", start)
        if end < 0:
            return
        if not comment:
            yield True, source[start + 1 : end]
        place = end + (3 if comment else 1)
    yield False, source[place:]


def _name_of(tag: str) -> str:
    match = TAG_NAME.match(tag)
    return match.group().lower() if match else ""


def _address_of(tag: str) -> str:
    match = LINK.search(tag)
    return html.unescape(next(part for part in match.groups() if part is not None)).strip() if match else ""


def _spaced(text: str) -> list[str]:
    """The words of a text; an empty one at an end stands for white space there."""
    words = text.split()
    if text[:1].isspace():
        words.insert(0, "")
    if text[-1:].isspace() and words != [""]:
        words.append("")
    return words


def _tidied(text: str) -> str:
    """At the most one empty line between lines, and no white space at their ends."""
    lines: list[str] = []
    for line in (" ".join(line.split()) for line in text.split("\n")):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip() + "\n"
