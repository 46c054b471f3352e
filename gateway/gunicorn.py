"""How gunicorn runs the gateway: ``gunicorn --config gateway/gunicorn.py 'gateway.app:create_app()'``.

The app is made in each worker, after the fork, because it connects to the bus.
"""

import json
import os
import resource
import shutil
import sys
import tempfile
from secrets import token_hex
from typing import Any

from gunicorn import util
from gunicorn.glogging import Logger

from chassis import logging
from gateway.settings import GatewaySettings

settings = GatewaySettings.load()
logging.configure("gateway", settings.log_level)

SWITCH_INTERVAL_SECONDS = 0.02
"""A thread that has work gives way later than by default (0.005 s): requests are short, and each switch costs."""
DESCRIPTORS = 65_536


class JsonLogger(Logger):
    """gunicorn's own lines go the way of all others."""

    def setup(self, cfg: Any) -> None:
        """Leave writing to the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def write_problem(stream: Any, status: int, reason: str, message: str) -> None:
    """Refuse what is no HTTP in the form of all other problems; no application has seen it."""
    title = reason or "Bad Request"
    slug = title.lower().replace(" ", "-")
    problem = {"type": f"urn:rockpool:problem:{slug}", "title": title, "status": status, "trace_id": token_hex(16)}
    body = json.dumps({**problem, "detail": message} if message else problem).encode()
    head = (
        f"HTTP/1.1 {status} {title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        f"X-Content-Type-Options: nosniff\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(stream, head.encode() + body)


util.write_error = write_problem

bind = f"{settings.gateway_host}:{settings.gateway_port}"
worker_class = "gateway.worker.LingeringWorker"
workers = settings.gateway_workers
threads = settings.gateway_threads
worker_connections = 2000
limit_request_line = 8190
"""A filter tree travels in the address; this is the most that gunicorn takes."""
keepalive = 75
"""Longer than the 60 seconds after which proxies usually drop an idle connection, so that it is they who end it."""
graceful_timeout = 20
timeout = 60
preload_app = False
# Whose word counts is decided by TRUSTED_PROXIES alone; with a list of addresses gunicorn would parse one per request.
forwarded_allow_ips = "*"
forwarder_headers = ""
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"} if settings.trusted_proxies else {}
logger_class = JsonLogger
accesslog = None
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

# Before anything imports prometheus_client, which looks for it once.
if workers > 1:
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="gateway-metrics-", dir=worker_tmp_dir))


def post_fork(_server: Any, _worker: Any) -> None:
    """Prepare a worker: live listeners need descriptors, and threads should not interrupt each other needlessly."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)


def worker_exit(_server: Any, worker: Any) -> None:
    """Leave the bus in an orderly way."""
    app = getattr(worker, "wsgi", None)
    if app is not None:
        app.extensions["bus"].close()


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the gauges of a worker that is gone."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    """Remove the figures of all workers."""
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shutil.rmtree(folder, ignore_errors=True)
