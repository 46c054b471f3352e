"""Files up and down: the bus carries their keys only."""

import hashlib
import re
from typing import Any, BinaryIO
from urllib.parse import quote

import flask
import orjson
from werkzeug.exceptions import RequestEntityTooLarge

from chassis.blobs import BlobStore
from chassis.encryption.files import Scratch
from chassis.errors import Invalid, Malformed, NotFound, Problem
from chassis.ids import new_id
from gateway.arguments import reading
from gateway.callers import Callers
from gateway.problems import ContentTooLarge, UnsupportedMediaType
from gateway.routing import PREFIX
from gateway.visit import VISIT, Environ, Headers, Reply

UPLOAD_LIMIT = 100 << 20
FORM_LIMIT = UPLOAD_LIMIT + (1 << 16)
"""A multipart body is a little larger than the file in it."""
BLOCK = 1 << 16
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", re.ASCII)
UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\"<>|:*?]')

FILE_POLICY = "default-src 'none'; sandbox"
DOCUMENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class EmptyFile(Invalid):
    """A file of no bytes; the description of a binary body cannot ask for one at least."""

    slug, title = "empty-file", "The file is empty"


class Measured:
    """A stream that measures and hashes what is read from it; raises ContentTooLarge beyond the limit."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        block = self._stream.read(size)
        self.size += len(block)
        if self.size > UPLOAD_LIMIT:
            raise too_large()
        self._hash.update(block)
        return block

    @property
    def sha256(self) -> str:
        """The hash of what was read, in hex."""
        return self._hash.hexdigest()


def too_large() -> ContentTooLarge:
    """The refusal of a file that is too large."""
    return ContentTooLarge(f"Files may have at most {UPLOAD_LIMIT >> 20} MiB")


class UploadRequest(flask.Request):
    """A request whose uploaded files are sealed when they are too large for the memory."""

    def _get_file_stream(self, *_: Any, **__: Any) -> Any:
        return Scratch()


class Files:
    """The gateway's own operation for uploads, and the replies that are files."""

    def __init__(self, blobs: BlobStore, callers: Callers) -> None:
        self._blobs, self._callers = blobs, callers

    def add_to(self, app: flask.Flask) -> None:
        """Offer the upload on an app."""
        app.add_url_rule(f"{PREFIX}/files", "gateway.upload_file", self.upload, methods=["POST"])

    def upload(self) -> flask.Response:
        """Store the file of the request under a key of its caller's own."""
        visit = flask.request.environ[VISIT]
        visit.route = "gateway.upload_file"
        _, claims = self._callers.identify(visit, flask.request.environ)
        key = f"uploads/{claims.subject}/{new_id()}"
        try:
            with reading(flask.request.environ):
                stream, name = self._sent_file()
                content = Measured(stream)
                self._blobs.put(key, content)  # type: ignore[arg-type]  # all that put needs of a stream is read
        except RequestEntityTooLarge:
            raise too_large() from None
        refusal = _refusal(content.size)
        if refusal:
            self._blobs.delete(key)
            raise refusal
        stored = {"file": key, "name": name, "size": content.size, "sha256": content.sha256}
        return flask.Response(orjson.dumps(stored), 201, mimetype="application/json")

    @staticmethod
    def _sent_file() -> tuple[BinaryIO, str]:
        """The content and the name: of the multipart field ``file``, or of the whole body."""
        request = flask.request
        request.max_content_length = FORM_LIMIT
        if (request.content_length or 0) > FORM_LIMIT:
            raise too_large()
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("Send the file without a content encoding")
        if request.mimetype != "multipart/form-data":
            return request.stream, safe_name(request.args.get("name"))  # type: ignore[return-value]
        sent = request.files.get("file")
        if sent is None:
            raise Invalid.field("/file", "The form has no file in its field `file`.")
        return sent.stream, safe_name(request.args.get("name") or sent.filename)  # type: ignore[return-value]

    def download(self, result: dict[str, Any], environ: Environ) -> Reply:
        """The file that an operation answered, as an attachment: browsers must not run what people uploaded."""
        try:
            stream = self._blobs.open(result["file"])
        except FileNotFoundError:
            raise NotFound("The file is no longer there") from None
        headers: Headers = [
            ("Content-Type", safe_media_type(result.get("media_type"))),
            ("Content-Disposition", attachment(result.get("name"))),
            ("Content-Security-Policy", FILE_POLICY),
        ]
        size = _size_of(stream)
        if size is not None:
            headers.append(("Content-Length", str(size)))
        return Reply(200, headers, environ["wsgi.file_wrapper"](stream, BLOCK), own_policy=True)


def _refusal(size: int) -> Problem | None:
    """What is wrong with what was received: nothing at all, or less than was announced."""
    request = flask.request
    if request.mimetype != "multipart/form-data" and size < (request.content_length or 0):
        return Malformed("The file ended early")
    return EmptyFile.field("/file", "The file is empty.") if not size else None


def document(result: dict[str, Any], status: int) -> Reply:
    """A page for people that an operation answered, which may neither run scripts nor load anything."""
    body = str(result["content"]).encode()
    headers: Headers = [
        ("Content-Type", f"{safe_media_type(result.get('media_type')).partition(';')[0]}; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Content-Security-Policy", DOCUMENT_POLICY),
    ]
    return Reply(status, headers, body, own_policy=True)


def safe_name(name: str | None) -> str:
    """A name for a file that no folder, header or shell misreads."""
    last = re.split(r"[/\\]", name or "")[-1]
    return UNSAFE.sub("_", last).strip(". ")[:200] or "file"


def safe_media_type(text: str | None) -> str:
    """A media type as a header may carry it; octets for anything doubtful."""
    return text if text and MEDIA_TYPE.fullmatch(text) else "application/octet-stream"


def attachment(name: str | None) -> str:
    """The Content-Disposition of a download (RFC 6266)."""
    safe = safe_name(name)
    plain = safe.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe)}"


def _size_of(stream: BinaryIO) -> int | None:
    size: int | None = getattr(getattr(stream, "raw", None), "size", None)
    return size
