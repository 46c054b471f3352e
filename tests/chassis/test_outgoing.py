"""Requests that others cause go to public addresses, over TLS, for a short time and a small answer."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chassis import outgoing
from chassis.outgoing import Outgoing, OutgoingRefused, networks

LOCAL = Outgoing(networks("127.0.0.0/8"))


class Answers(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/fine")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/endless":
            for _ in range(100):
                self.wfile.write(b" " * 16384)
        elif self.path == "/slow":
            for _ in range(20):
                self.wfile.write(b" ")
                time.sleep(0.1)
        self.wfile.write(
            {"/fine": b'{"host": "%s"}' % self.headers["Host"].encode(), "/list": b"[]"}.get(self.path, b"-")
        )

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://localhost:{running.server_port}"
        running.shutdown()


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.0.0.8/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fc00::1]/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "https://localhost/",
        "http://93.184.215.14/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://user:password@example.com/",
        "https://example.com:99999/",
        "https://",
        "nonsense",
    ],
)
def test_what_is_not_public_or_not_https_is_not_called(url, monkeypatch):
    monkeypatch.setattr(outgoing, "_fetched", lambda *_: pytest.fail("it was called"))
    with pytest.raises(OutgoingRefused):
        Outgoing().json(url)


def test_a_public_name_that_leads_inside_is_not_called(monkeypatch):
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    with pytest.raises(OutgoingRefused):
        Outgoing().check("https://rebinding.example/")


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch):
    """A name is resolved once, so that a second answer of its server cannot lead elsewhere."""
    asked, called = [], []

    def resolve(name, *_, **__):
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]

    def fetch(url, address, *_):
        called.append(address)
        return b"{}"

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(outgoing, "_fetched", fetch)
    assert Outgoing().json("https://login.example/x") == {}
    assert (asked, called) == (["login.example"], ["93.184.215.14"])


def test_private_networks_can_be_allowed(server):
    assert LOCAL.json(f"{server}/fine")["host"].startswith("localhost:")


def test_redirects_are_not_followed(server):
    with pytest.raises(OutgoingRefused, match="302"):
        LOCAL.json(f"{server}/moved")


@pytest.mark.parametrize("path", ["/list", "/text"])
def test_only_an_object_is_an_answer(server, path):
    with pytest.raises(OutgoingRefused):
        LOCAL.json(server + path)


def test_a_large_answer_is_cut_off(server):
    with pytest.raises(OutgoingRefused, match="too much"):
        LOCAL.json(f"{server}/endless")


def test_a_slow_answer_is_not_waited_for(server, monkeypatch):
    monkeypatch.setattr(outgoing, "SECONDS", 0.5)
    with pytest.raises(OutgoingRefused):
        LOCAL.json(f"{server}/slow")


def test_nobody_there_is_a_refusal_and_no_error():
    with pytest.raises(OutgoingRefused):
        LOCAL.json("http://127.0.0.1:9/")
    with pytest.raises(OutgoingRefused):
        LOCAL.json("https://name.invalid/")


def test_networks_are_read():
    assert networks("10.0.0.0/8, fd00::/8") == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    with pytest.raises(ValueError, match="nonsense"):
        networks("nonsense")
