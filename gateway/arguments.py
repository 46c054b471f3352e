"""The arguments of an operation: path parameters with the query or the body of the request, all by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import orjson
from gunicorn.http.errors import ChunkMissingTerminator, InvalidChunkExtension, InvalidChunkSize, NoMoreData
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from chassis.errors import Invalid, Malformed
from gateway.problems import ContentTooLarge, RequestTimeout, UnsupportedMediaType
from gateway.routing import Operation
from gateway.visit import Environ

BODY_LIMIT = 1 << 20
FORM = "application/x-www-form-urlencoded"
MULTIPART_FORM = "multipart/form-data"
MAX_FIELDS = 1000
PATIENCE_SECONDS = 30.0
BODY_ERRORS = (NoMoreData, ChunkMissingTerminator, InvalidChunkExtension, InvalidChunkSize)


def arguments_of(operation: Operation, parameters: dict[str, str], environ: Environ) -> dict[str, Any]:
    """Path parameters and payload, flat; raises Malformed, Invalid, ContentTooLarge or UnsupportedMediaType."""
    if operation.http_method == "GET":
        given = _query(environ.get("QUERY_STRING", ""), operation.lists)
    else:
        given = _body(operation, environ)
        if environ.get("QUERY_STRING"):
            given = _apart(_query(environ["QUERY_STRING"], operation.lists), given, "in the query and in the body")
    if not given:
        return parameters
    return _apart(parameters, given, "in the path already")


def _apart(first: dict[str, Any], second: dict[str, Any], where: str) -> dict[str, Any]:
    twice = first.keys() & second.keys()
    if twice:
        raise Invalid(errors=[{"pointer": f"/{name}", "detail": f"This is {where}."} for name in sorted(twice)])
    return {**first, **second}


def _query(query: str, lists: frozenset[str]) -> dict[str, Any]:
    """Texts by name, and lists of texts where the description says so."""
    values: dict[str, Any] = {}
    for name, value in _pairs(query):
        if name in lists:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise Invalid.field(f"/{name}", "This may be given only once.")
        else:
            values[name] = value
    return values


def _pairs(query: str) -> list[tuple[str, str]]:
    if not query:
        return []
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Malformed("The query cannot be read: it must be UTF-8, with at most 1000 parameters") from None


def _body(operation: Operation, environ: Environ) -> dict[str, Any]:
    content = _content(environ)
    if not content:
        return {}
    media_type, options = parse_options_header(environ.get("CONTENT_TYPE", ""))
    media_type = media_type.lower()
    if operation.form and media_type in (FORM, MULTIPART_FORM):
        return _form(content, media_type, options)
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaType("Send a JSON object as application/json")
    return _json_object(content)


def _form(content: bytes, media_type: str, options: dict[str, str]) -> dict[str, Any]:
    """The fields of a form in either encoding, of one name the last: RFC 8058 lets mail programs choose."""
    try:
        if media_type == FORM:
            return dict(_pairs(content.decode()))
        parser = FormDataParser(max_form_memory_size=BODY_LIMIT, max_form_parts=MAX_FIELDS, silent=False)
        _, fields, _ = parser.parse(BytesIO(content), media_type, len(content), options)
    except (ValueError, HTTPException):
        raise Malformed("The form cannot be read") from None
    return dict(fields.items(multi=True))


def _content(environ: Environ) -> bytes:
    """The body, whole: of the length that was told, or chunked."""
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without a content encoding")
    try:
        length = int(environ.get("CONTENT_LENGTH") or -1)
    except ValueError:
        raise Malformed("Content-Length is no number") from None
    if length < 0 and not environ.get("wsgi.input_terminated"):
        return b""
    if length > BODY_LIMIT:
        raise ContentTooLarge(f"At most {BODY_LIMIT} bytes are taken; send files to /files")
    with reading(environ):
        content = environ["wsgi.input"].read(length if length >= 0 else BODY_LIMIT + 1)
    if len(content) > BODY_LIMIT:
        raise ContentTooLarge(f"At most {BODY_LIMIT} bytes are taken; send files to /files")
    if len(content) < length:
        raise Malformed("The body ended early")
    return bytes(content)


@contextmanager
def reading(environ: Environ) -> Iterator[None]:
    """Read a body within the block: a client that stalls must not keep a thread for ever.

    Raises RequestTimeout, and Malformed when the body breaks off or its chunks make no sense.
    """
    stream = environ.get("gunicorn.socket")
    if stream is not None:
        stream.settimeout(PATIENCE_SECONDS)
    try:
        yield
    except TimeoutError:
        raise RequestTimeout from None
    except BODY_ERRORS as error:
        raise Malformed("The body cannot be read") from error


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Malformed("The body must be a JSON object")
    return value
