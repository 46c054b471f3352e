"""In which character set an uploaded text is written."""

from typing import Any

from chassis.errors import Invalid

SAMPLE_BYTES = 64 * 1024
GUESSED_ENCODINGS = ["gb18030", "big5", "cp1252"]
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class UnreadableTable(Invalid):
    """The file is no table that can be read; the detail says where it stops."""

    slug, title = "unreadable-table", "The file is not a table that can be read"


def encoding_of(file: Any) -> str:
    """That of the byte order mark, else UTF-8, else the likeliest of some; raises UnreadableTable."""
    file.seek(0)
    start = file.read(3)
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return encoding
    sample = _beyond_ascii(file)
    return "utf-8" if _decodes(sample, "utf-8") else _guessed(sample)


def _beyond_ascii(file: Any) -> bytes:
    """The first lines that say something about the character set."""
    file.seek(0)
    sample = b""
    for line in file:
        if not line.isascii():
            sample += line
        if len(sample) >= SAMPLE_BYTES:
            break
    return sample


def _guessed(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=GUESSED_ENCODINGS).best()
    if best is not None:
        return best.encoding
    if _decodes(sample, "gb18030"):
        return "gb18030"
    raise UnreadableTable("The character set is not recognised; save the file as UTF-8")


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
