"""The OpenAPI document and the page that shows it; the page needs nothing from anywhere else."""

import hashlib
from pathlib import Path

import flask
import orjson
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from gateway import openapi
from gateway.descriptions import Descriptions
from gateway.routing import PREFIX
from gateway.visit import VISIT

FOLDER = Path(__file__).parent / "docs"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Documentation:
    """Offers the document and the page."""

    def __init__(self, descriptions: Descriptions) -> None:
        self._descriptions = descriptions
        self._built: tuple[object, bytes, str] | None = None
        self._files = {file.name: file for file in FOLDER.iterdir() if file.suffix in KINDS}

    def add_to(self, app: flask.Flask) -> None:
        """Offer them on an app."""
        app.add_url_rule(f"{PREFIX}/openapi.json", "gateway.openapi", self.document)
        app.add_url_rule("/docs", "gateway.docs", self.page, defaults={"name": "index.html"})
        app.add_url_rule("/docs/<name>", "gateway.docs_file", self.page)
        app.add_url_rule("/", "gateway.home", self.home)

    def document(self) -> BaseResponse:
        """The OpenAPI document of what is known at present."""
        flask.request.environ[VISIT].route = "gateway.openapi"
        body, etag = self._document()
        response = flask.Response(body, mimetype="application/json")
        response.set_etag(etag)
        response.headers["Cache-Control"] = "no-cache"
        return response.make_conditional(flask.request.environ)

    def page(self, name: str) -> BaseResponse:
        """A file of the documentation page."""
        flask.request.environ[VISIT].route = "gateway.docs"
        file = self._files.get(name)
        if file is None:
            raise NotFound
        response = flask.Response(file.read_bytes(), content_type=KINDS[file.suffix])
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        return response.make_conditional(flask.request.environ)

    def home(self) -> BaseResponse:
        """There is no console here yet: the documentation is the way in."""
        flask.request.environ[VISIT].route = "gateway.home"
        return flask.redirect("/docs")

    def _document(self) -> tuple[bytes, str]:
        known = self._descriptions.known
        if self._built is None or self._built[0] is not known:
            body = orjson.dumps(openapi.build(known.values()))
            self._built = (known, body, hashlib.sha256(body).hexdigest()[:32])
        return self._built[1], self._built[2]
