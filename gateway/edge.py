"""The outermost layer: every request gets a trace, a log line, a place in the metrics and safe headers.

What the services describe is answered right here; Flask has the gateway's own pages. Going through Flask would cost a
described operation a tenth of the gateway's whole CPU (benchmarks/ has the figures).
"""

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import flask
import structlog

from chassis import tracing
from chassis.errors import Problem
from gateway import metrics
from gateway.operations import Operations
from gateway.problems import NoSuchPath, problem_reply, unexpected
from gateway.settings import GatewaySettings
from gateway.visit import HAND_OVER, VISIT, Environ, Headers, Reply, Visit, address_of

log = structlog.get_logger()

STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SAFE = list(SAFE_HEADERS.items())
SAFE_BUT_POLICY = [header for header in SAFE if header[0] != "Content-Security-Policy"]
HTTPS_ONLY = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
EXPOSED = "ETag, Idempotency-Replayed, RateLimit, RateLimit-Policy, Retry-After, traceparent"

StartResponse = Callable[..., Any]

PROBES = frozenset({"gateway.livez", "gateway.readyz", "gateway.metrics"})
"""Asked every few seconds by machines: worth no line in the log."""


class Edge:
    """The WSGI application that gunicorn calls, wrapped around Flask's own."""

    def __init__(self, operations: Operations, app: flask.Flask, settings: GatewaySettings) -> None:
        self._operations = operations
        self._pages = app.wsgi_app
        self._page_routes = app.url_map.bind("gateway")
        self._trusted_proxies = settings.trusted_proxies
        self._origins = frozenset(settings.cors_origins)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with tracing.trace(environ.get("HTTP_TRACEPARENT")) as trace_id:
            visit = Visit(
                method=environ["REQUEST_METHOD"],
                path=environ["PATH_INFO"],
                address=address_of(environ, self._trusted_proxies),
                trace_id=trace_id,
                traceparent=tracing.traceparent(),
            )
            environ[VISIT] = visit
            reply = self._reply(visit, environ)
            if reply is None:
                return self._page(visit, environ, start_response)
            self._send(reply, visit, environ, start_response)
            if isinstance(reply.body, bytes):
                return [] if visit.method == "HEAD" else [reply.body]
            return reply.body

    def _reply(self, visit: Visit, environ: Environ) -> Reply | None:
        try:
            if visit.method == "OPTIONS":
                return self._options(visit, environ)
            return self._operations.reply(visit, environ)
        except Problem as problem:
            return problem_reply(problem, visit)
        except Exception as error:
            return unexpected(error, visit)

    def _options(self, visit: Visit, environ: Environ) -> Reply | None:
        visit.route = "gateway.options"
        allowed = self._operations.allowed(visit.path) or sorted(self._page_routes.allowed_methods(visit.path))
        if not allowed:
            raise NoSuchPath
        return Reply(204, [("Allow", ", ".join(allowed)), *self._preflight(environ, allowed)])

    def _preflight(self, environ: Environ, allowed: list[str]) -> Headers:
        if environ.get("HTTP_ORIGIN") not in self._origins or "HTTP_ACCESS_CONTROL_REQUEST_METHOD" not in environ:
            return []
        wanted = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
        return [
            ("Access-Control-Allow-Methods", ", ".join(allowed)),
            ("Access-Control-Allow-Headers", wanted),
            ("Access-Control-Max-Age", "600"),
        ]

    def _send(self, reply: Reply, visit: Visit, environ: Environ, start_response: StartResponse) -> None:
        safe = SAFE_BUT_POLICY if reply.own_policy else SAFE
        headers = reply.headers + visit.headers + safe + self._situation(visit, environ)
        start_response(STATUS_LINES.get(reply.status) or f"{reply.status} Unknown", headers)
        self._finish(visit, reply.status)

    def _page(self, visit: Visit, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let Flask answer, and add to its headers what is not among them."""

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            named = {name.title() for name, _ in headers}
            safe = [header for header in SAFE if header[0].title() not in named]
            headers = headers + visit.headers + safe + self._situation(visit, environ)
            self._finish(visit, int(status[:3]))
            if HAND_OVER in environ:
                environ[HAND_OVER](headers)
                headers = [("Content-Length", "0")]
            return start_response(status, headers, exc_info)

        return self._pages(environ, start)

    def _situation(self, visit: Visit, environ: Environ) -> Headers:
        """Headers that depend on how the request came."""
        headers = [("traceparent", visit.traceparent)]
        if environ["wsgi.url_scheme"] == "https":
            headers.append(HTTPS_ONLY)
        if self._origins and environ.get("HTTP_ORIGIN") in self._origins:
            headers += (
                ("Access-Control-Allow-Origin", environ["HTTP_ORIGIN"]),
                ("Access-Control-Expose-Headers", EXPOSED),
                ("Vary", "Origin"),
            )
        return headers

    @staticmethod
    def _finish(visit: Visit, status: int) -> None:
        seconds = time.perf_counter() - visit.started
        metrics.count(visit, status, seconds)
        if visit.route in PROBES and status < 400:
            return
        log.info(
            "request",
            service="gateway",
            method=visit.method,
            path=visit.path,
            route=visit.route,
            status=status,
            ms=round(seconds * 1000, 2),
            address=visit.address,
            caller=visit.caller,
        )
