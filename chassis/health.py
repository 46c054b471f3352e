"""The small HTTP server of each process: /livez, /readyz and /metrics."""

import threading
from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import orjson
from prometheus_client import make_wsgi_app

from chassis.settings import Settings

Check = Callable[[], bool]
"""Whether a thing that the process needs is there; an exception means no."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _SilentHandler(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Probes and scrapes are not worth a line."""


def start(settings: Settings, checks: Mapping[str, Check]) -> WSGIServer:
    """Serve in a thread of its own; ``server_port`` of the result tells the port when a free one was asked for."""
    server = make_server(
        settings.health_host, settings.health_port, application(checks), _Server, handler_class=_SilentHandler
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def application(checks: Mapping[str, Check]) -> Any:
    """The WSGI application: /livez touches no dependency, /readyz asks each of ``checks``."""
    metrics = make_wsgi_app()

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return metrics(environ, start_response)
        if path == "/livez":
            return _json(start_response, "200 OK", {"status": "alive"})
        if path == "/readyz":
            parts = {name: passes(check) for name, check in checks.items()}
            status = "200 OK" if all(parts.values()) else "503 Service Unavailable"
            return _json(start_response, status, {"ready": all(parts.values()), "parts": parts})
        return _json(start_response, "404 Not Found", {"title": "Not found"})

    return answer


def passes(check: Check) -> bool:
    """Whether a check says yes; an exception means no."""
    try:
        return bool(check())
    except Exception:
        return False


def _json(start_response: Any, status: str, content: dict[str, Any]) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json"), ("Cache-Control", "no-store")])
    return [orjson.dumps(content)]
