"""HTTP manners that hold for every address."""

import http.client
import json
import socket
from contextlib import closing

import pytest
import requests

from tests.gateway.conftest import LogIn, Start
from tests.gateway.running import RunningGateway
from tests.gateway.small_service import SmallService
from tests.gateway.things import THING

PROBLEM_JSON = "application/problem+json"


def status_of(gateway: RunningGateway, path: str, headers: dict[str, str]) -> int:
    """The status of a request whose path no library has tidied up."""
    with closing(http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=5)) as connection:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status


def exchange(gateway: RunningGateway, sent: bytes) -> bytes:
    """What comes back for some bytes."""
    with socket.create_connection(("127.0.0.1", gateway.port), 5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while more := connection.recv(1 << 16):
            received += more
        return received


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/nowhere", "/docs/nowhere", "/api/v1", "/api/v1/things/"])
def test_an_unknown_path_is_a_404_problem(gateway: RunningGateway, log_in: LogIn, path: str) -> None:
    answer = requests.get(gateway.url + path, headers=log_in(), timeout=5)

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, PROBLEM_JSON)
    assert answer.json()["type"] == "urn:rockpool:problem:no-such-path"
    assert answer.json()["trace_id"] in answer.headers["traceparent"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v1/things", "GET, HEAD, OPTIONS, POST"),
        ("POST", f"/api/v1/things/{THING}", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("DELETE", "/api/v1/files", "OPTIONS, POST"),
        ("POST", "/livez", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_a_405_problem_that_names_the_right_ones(
    gateway: RunningGateway, method: str, path: str, allowed: str
) -> None:
    answer = requests.request(method, gateway.url + path, timeout=5)

    assert (answer.status_code, answer.headers["Content-Type"]) == (405, PROBLEM_JSON)
    assert ", ".join(sorted(answer.headers["Allow"].split(", "))) == allowed


@pytest.mark.parametrize("path", ["/api/v1/things", "/api/v1/files", "/livez", "/docs"])
def test_options_names_the_methods(gateway: RunningGateway, path: str) -> None:
    answer = requests.options(gateway.url + path, timeout=5)

    assert answer.status_code == 204
    assert "OPTIONS" in answer.headers["Allow"]
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_head_answers_the_headers_of_get(gateway: RunningGateway, log_in: LogIn) -> None:
    url, headers = f"{gateway.api}/things/{THING}", log_in()
    head, get = requests.head(url, headers=headers, timeout=5), requests.get(url, headers=headers, timeout=5)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    assert head.headers["ETag"] == get.headers["ETag"]


@pytest.mark.parametrize("body", [b"{", b"nonsense", b"[1]", b'"text"', b"null", b'{"a": "\xff"}', b'{"a": NaN}'])
def test_a_body_that_is_no_json_object_is_a_400_problem(gateway: RunningGateway, log_in: LogIn, body: bytes) -> None:
    headers = log_in() | {"Content-Type": "application/json"}
    answer = requests.post(f"{gateway.api}/things", data=body, headers=headers, timeout=5)

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:rockpool:problem:malformed")


@pytest.mark.parametrize("path", ["/api/v1/named/%FF", "/api/v1/things?q=%FF", "/api/v1/things?" + "a=1&" * 1001])
def test_an_address_that_is_not_utf_8_or_has_no_end_is_a_400_problem(
    gateway: RunningGateway, log_in: LogIn, path: str
) -> None:
    assert status_of(gateway, path, log_in()) == 400


def test_another_kind_of_body_is_a_415_problem(gateway: RunningGateway, log_in: LogIn) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/xml", ""):
        headers = log_in() | {"Content-Type": media_type}
        answer = requests.post(f"{gateway.api}/things", data=b"a=b", headers=headers, timeout=5)
        assert (answer.status_code, answer.headers["Content-Type"]) == (415, PROBLEM_JSON)


def test_a_compressed_body_is_a_415_problem(gateway: RunningGateway, log_in: LogIn) -> None:
    headers = log_in() | {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    assert requests.post(f"{gateway.api}/things", data=b"x", headers=headers, timeout=5).status_code == 415


def test_a_body_above_one_mebibyte_is_a_413_problem(gateway: RunningGateway, log_in: LogIn) -> None:
    large = b'{"name": "' + b"x" * (1 << 20) + b'"}'
    headers = log_in() | {"Content-Type": "application/json"}
    told = requests.post(f"{gateway.api}/things", data=large, headers=headers, timeout=5)
    chunked = requests.post(f"{gateway.api}/things", data=iter([large]), headers=headers, timeout=5)

    assert (told.status_code, told.headers["Content-Type"]) == (413, PROBLEM_JSON)
    assert (chunked.status_code, chunked.headers["Content-Type"]) == (413, PROBLEM_JSON)


def test_a_body_of_one_mebibyte_is_taken_also_in_chunks(gateway: RunningGateway, log_in: LogIn) -> None:
    body = b'{"name": "' + b"x" * ((1 << 20) - 12) + b'"}'
    headers = log_in() | {"Content-Type": "application/json"}
    for data in (body, iter([body[:5000], body[5000:]])):
        answer = requests.post(f"{gateway.api}/things", data=data, headers=headers, timeout=5)
        assert answer.status_code == 201
        assert len(answer.content) > 1_000_000


@pytest.mark.parametrize("path", ["/api/v1/things", "/api/v1/files"])
@pytest.mark.parametrize("chunks", [b"zz\r\n{}\r\n", b"5\r\n{}", b"2\r\n{}xx\r\n0\r\n\r\n"])
def test_chunks_that_make_no_sense_are_a_400_problem(
    gateway: RunningGateway, log_in: LogIn, path: str, chunks: bytes
) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {log_in()['Authorization']}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    answer = exchange(gateway, head.encode() + chunks)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert PROBLEM_JSON.encode() in answer


@pytest.mark.parametrize(
    "sent", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
def test_what_is_no_http_is_a_400_problem_too(gateway: RunningGateway, sent: bytes) -> None:
    head, _, body = exchange(gateway, sent).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 Bad Request")
    assert PROBLEM_JSON.encode() in head
    assert json.loads(body)["status"] == 400


def test_a_post_without_a_body_has_no_arguments(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.post(f"{gateway.api}/things", headers=log_in(), timeout=5)

    assert (answer.status_code, answer.json()) == (201, {})


@pytest.mark.parametrize("path", ["/api/v1/public", "/api/v1/nowhere", "/livez", "/docs", "/api/v1/openapi.json"])
def test_safe_headers_are_on_every_reply(gateway: RunningGateway, path: str) -> None:
    headers = requests.get(gateway.url + path, timeout=5).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Cache-Control" in headers


def test_whoever_came_by_https_is_told_to_stay_with_it(own_gateway: Start) -> None:
    gateway = own_gateway(TRUSTED_PROXIES="1")
    by_https = requests.get(f"{gateway.url}/livez", headers={"X-Forwarded-Proto": "https"}, timeout=5)

    assert "max-age" in by_https.headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in requests.get(f"{gateway.url}/livez", timeout=5).headers


def test_other_origins_get_nothing_by_default(gateway: RunningGateway) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}

    assert not _cors(requests.options(f"{gateway.api}/things", headers=asked, timeout=5))
    assert not _cors(requests.get(f"{gateway.api}/public", headers=asked, timeout=5))


def test_origins_that_are_named_may_call(own_gateway: Start, things: SmallService) -> None:
    gateway = own_gateway(CORS_ORIGINS="https://console.example").wait_ready("things")
    gateway.wait_for("/api/v1/public", lambda answer: answer.ok)
    asked = {"Origin": "https://console.example", "Access-Control-Request-Method": "POST"}
    preflight = requests.options(f"{gateway.api}/things", headers=asked, timeout=5)
    answer = requests.get(f"{gateway.api}/public", headers=asked, timeout=5)
    stranger = requests.get(f"{gateway.api}/public", headers={"Origin": "https://x.example"}, timeout=5)

    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Origin"] == "https://console.example"
    assert not _cors(stranger)


def test_the_address_of_the_client_is_the_peers_unless_proxies_are_trusted(
    own_gateway: Start, gateway: RunningGateway
) -> None:
    behind_one = own_gateway(TRUSTED_PROXIES="1").wait_ready()
    headers = {"X-Forwarded-For": "9.9.9.9, 203.0.113.7"}
    addresses = []
    for one in (gateway, behind_one):
        requests.get(f"{one.api}/nowhere", headers=headers, timeout=5)
        addresses.append(one.lines("request")[-1]["address"])

    assert addresses == ["127.0.0.1", "203.0.113.7"]


def _cors(answer: requests.Response) -> list[str]:
    return [name for name in answer.headers if name.startswith("Access-Control")]
