"""GET /api/v1/live: checks the caller and hands his socket over to the hub."""

import os
import socket

import flask

from chassis.bus import BusClient
from chassis.errors import Unavailable
from gateway.callers import Callers
from gateway.live.hub import Hub
from gateway.live.listener import Listener
from gateway.routing import PREFIX
from gateway.settings import GatewaySettings
from gateway.visit import HAND_OVER, VISIT, Headers

RETRY_MILLISECONDS = 2000
PRESENT_SECONDS = 2.0
GREETING = b"retry: %d\n: connected\n\n" % RETRY_MILLISECONDS


class Live:
    """The gateway's own operation for live changes."""

    def __init__(self, bus: BusClient, callers: Callers, settings: GatewaySettings) -> None:
        self._hub = Hub(bus)
        self._callers = callers
        self._most = settings.live_clients

    def add_to(self, app: flask.Flask) -> None:
        """Offer the stream on an app."""
        app.add_url_rule(f"{PREFIX}/live", "gateway.live", self.listen, methods=["GET"])

    def listen(self) -> flask.Response:
        """Begin a stream of server-sent events on the connection of this request."""
        environ = flask.request.environ
        visit = environ[VISIT]
        visit.route = "gateway.live"
        token, claims = self._callers.identify(visit, environ)
        response = flask.Response(mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
        if flask.request.method == "HEAD":
            return response
        if len(self._hub) >= self._most:
            raise Unavailable("There are too many listeners already", retry_after=30)
        stream = environ.get("gunicorn.socket")
        if type(stream) is not socket.socket:
            raise Unavailable("Live changes need gunicorn, with TLS ended before it")
        if not self._hub.wait_present(PRESENT_SECONDS):
            raise Unavailable("Live changes are not to be had at present")
        last_id = flask.request.headers.get("Last-Event-ID") or flask.request.args.get("last_event_id")

        def hand_over(headers: Headers) -> None:
            own = take_over(stream)
            head = _head(headers) + GREETING
            names = (str(claims.subject), str(claims.session))
            listener = Listener(
                own, head, token=token, names=names, expires_at=claims.expires_at, last_id=last_id or None
            )
            self._hub.add(listener)

        environ[HAND_OVER] = hand_over
        return response


def take_over(stream: socket.socket) -> socket.socket:
    """The connection as a socket of our own; the server's socket object is left with a closed one in its place.

    So the server ends the request as always, freeing its thread and its count of connections, and touches only the
    dummy. Closing or detaching its object instead would make it stumble over a bad descriptor.
    """
    own = stream.dup()
    own.setblocking(False)
    dummy, other_end = socket.socketpair()
    with dummy, other_end:
        dummy_descriptor, descriptor = dummy.fileno(), stream.fileno()
        os.dup2(dummy_descriptor, descriptor, inheritable=False)
    return own


def _head(headers: Headers) -> bytes:
    """The head of the reply; without a length the body ends with the connection."""
    lines = [f"{name}: {value}\r\n" for name, value in headers if name.lower() != "content-length"]
    return ("HTTP/1.1 200 OK\r\nConnection: close\r\n" + "".join(lines) + "\r\n").encode("latin-1")
