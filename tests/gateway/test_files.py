"""Files up and down."""

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from chassis.blobs import FolderBlobStore
from chassis.encryption.files import SealedBlobStore
from chassis.testing import keys
from tests.gateway.conftest import LogIn
from tests.gateway.running import RunningGateway
from tests.gateway.things import REPORT

CONTENT = b"name,city\n\xe6\xb5\xb7,x\n" * 20_000


@pytest.fixture
def blobs(gateway: RunningGateway) -> SealedBlobStore:
    """The files of the gateway."""
    return SealedBlobStore(FolderBlobStore(gateway.log.parent / "blobs"), keys.SUITE_KEYS)


def test_a_file_is_stored_under_a_key_of_its_callers_own(
    gateway: RunningGateway, blobs: SealedBlobStore, log_in: LogIn
) -> None:
    headers = log_in() | {"Content-Type": "text/csv"}
    answer = requests.post(f"{gateway.api}/files?name=rows.csv", data=CONTENT, headers=headers, timeout=10)

    assert answer.status_code == 201
    stored = answer.json()
    caller = gateway.lines("request")[-1]["caller"]
    assert stored["file"].startswith(f"uploads/{caller}/")
    assert stored["name"] == "rows.csv"
    assert (stored["size"], stored["sha256"]) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    with blobs.open(stored["file"]) as file:
        assert file.read() == CONTENT


def test_a_form_and_a_body_in_chunks_store_the_same(
    gateway: RunningGateway, blobs: SealedBlobStore, log_in: LogIn
) -> None:
    form = requests.post(
        f"{gateway.api}/files", files={"file": ("数据.csv", CONTENT, "text/csv")}, headers=log_in(), timeout=10
    )
    chunks = requests.post(f"{gateway.api}/files", data=iter([CONTENT[:7], CONTENT[7:]]), headers=log_in(), timeout=10)

    assert form.json()["name"] == "数据.csv"
    assert chunks.json()["name"] == "file"
    assert form.json()["sha256"] == chunks.json()["sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_a_file_of_the_largest_size_is_taken_and_a_larger_one_is_not(gateway: RunningGateway, log_in: LogIn) -> None:
    limit, headers = 100 << 20, log_in()
    largest = requests.post(f"{gateway.api}/files", data=_zeros(limit), headers=headers, timeout=60)
    larger = requests.post(f"{gateway.api}/files", data=_zeros(limit + 1), headers=headers, timeout=60)

    assert (largest.status_code, largest.json()["size"]) == (201, limit)
    assert (larger.status_code, larger.json()["type"]) == (413, "urn:rockpool:problem:content-too-large")


def test_a_length_above_the_limit_is_refused_before_it_is_sent(gateway: RunningGateway, log_in: LogIn) -> None:
    head = (
        f"POST /api/v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: {log_in()['Authorization']}\r\n"
        f"Content-Length: {200 << 20}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", gateway.port), 5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_what_was_only_half_sent_leaves_nothing_behind(gateway: RunningGateway, log_in: LogIn) -> None:
    folder = gateway.log.parent / "blobs" / "uploads"
    before = _files_in(folder)
    head = (
        f"POST /api/v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: {log_in()['Authorization']}\r\n"
        "Content-Length: 1000\r\n\r\nhalf"
    )
    with socket.create_connection(("127.0.0.1", gateway.port), 5) as connection:
        connection.sendall(head.encode())
        connection.shutdown(socket.SHUT_WR)
        assert b" 400 " in connection.recv(100)

    assert _files_in(folder) == before


@pytest.mark.parametrize("request_", [{"data": b""}, {"files": {"other": b"x"}}, {"files": {"file": b""}}])
def test_no_file_is_a_422_problem(gateway: RunningGateway, log_in: LogIn, request_: dict[str, object]) -> None:
    answer = requests.post(f"{gateway.api}/files", headers=log_in(), timeout=5, **request_)  # type: ignore[arg-type]

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/file")


def test_files_need_somebody_who_is_logged_in(gateway: RunningGateway) -> None:
    assert requests.post(f"{gateway.api}/files", data=b"x", timeout=5).status_code == 401


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\\b\\c.csv", 'x"; y.csv', "..", "a\r\nX: y", "n" * 500])
def test_a_name_never_leads_anywhere(gateway: RunningGateway, log_in: LogIn, name: str) -> None:
    answer = requests.post(f"{gateway.api}/files", params={"name": name}, data=b"x", headers=log_in(), timeout=5).json()

    assert "/" not in answer["name"]
    assert "\\" not in answer["name"]
    assert '"' not in answer["name"]
    assert 1 <= len(answer["name"]) <= 200


def test_an_answer_that_is_a_file_is_streamed_as_an_attachment(
    gateway: RunningGateway, blobs: SealedBlobStore, log_in: LogIn, tmp_path: Path
) -> None:
    (tmp_path / "report").write_bytes(REPORT)
    with (tmp_path / "report").open("rb") as file:
        blobs.put("reports/1", file)
    answer = requests.get(f"{gateway.api}/things-report", headers=log_in(), timeout=5)

    assert answer.content == REPORT
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.headers["Content-Length"] == str(len(REPORT))
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"__ 2026.csv\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A%202026.csv"
    )
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    head = requests.head(f"{gateway.api}/things-report", headers=log_in(), timeout=5)
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(REPORT)))


def test_a_file_that_is_gone_is_a_404_problem(gateway: RunningGateway, blobs: SealedBlobStore, log_in: LogIn) -> None:
    blobs.delete("reports/1")
    answer = requests.get(f"{gateway.api}/things-report", headers=log_in(), timeout=5)

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def _zeros(size: int) -> Iterator[bytes]:
    block = bytes(1 << 20)
    for _ in range(size >> 20):
        yield block
    if size % (1 << 20):
        yield bytes(size % (1 << 20))


def _files_in(folder: Path) -> set[Path]:
    return {file for file in folder.rglob("*") if file.is_file()} if folder.exists() else set()
