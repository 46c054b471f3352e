"""Somebody who uses the suite over HTTP and nothing else."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter

from devservers.ports import wait_until

TIMEOUT = 40
RENEW_SECONDS = 240.0
"""Access tokens are good for five minutes."""
JOB_STATES_AT_THE_END = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class Reply:
    """An answer of the gateway."""

    status: int
    headers: Any
    content: bytes
    body: Any
    """Decoded, where it is JSON."""

    @classmethod
    def of(cls, response: requests.Response) -> Self:
        """The answer in a response of requests."""
        is_json = response.content and response.headers.get("Content-Type", "").partition(";")[0].endswith("json")
        return cls(
            response.status_code, response.headers, response.content, response.json() if is_json else response.text
        )

    def ok(self) -> Any:
        """The body of an answer that must not be a refusal."""
        assert self.status < 400, f"{self.status}: {self.body}"
        return self.body

    @property
    def etag(self) -> str:
        """The version of the record that was answered."""
        return str(self.headers["ETag"])

    @property
    def problem(self) -> str:
        """What is wrong, as the slug of the problem."""
        assert self.status >= 400, f"{self.status}: {self.body}"
        return str(self.body["type"]).rpartition(":")[2]


class Person:
    """A user of the API with a log-in of his own, which is renewed in time."""

    def __init__(self, url: str, email: str, password: str, *, steps_up: bool = False) -> None:
        """``steps_up``: with each log-in he also proves once more that it is he, as what is dangerous takes it."""
        self.url = url
        self.email = email
        self.password = password
        self.steps_up = steps_up
        self.token: str | None = None
        self._renew_at = 0.0
        self._http = requests.Session()
        self._http.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=64))

    def log_in(self) -> Self:
        """Begin a session of one's own."""
        given = self.post("/auth/login", {"email": self.email, "password": self.password}, anonymous=True).ok()
        self.token = given["access_token"]
        self._renew_at = time.monotonic() + RENEW_SECONDS
        return self.step_up() if self.steps_up else self

    def step_up(self) -> Self:
        """Prove once more that it is he, which opens what is dangerous for five minutes."""
        self.token = str(self.post("/auth/step-up", {"password": self.password}).ok()["access_token"])
        return self

    @property
    def id(self) -> str:
        """His user id."""
        return str(self.get("/me").ok()["id"])

    def get(self, path: str, **query: Any) -> Reply:
        """Read."""
        return self.call("GET", path, params=query)

    def post(self, path: str, body: Any = None, **options: Any) -> Reply:
        """Command."""
        return self.call("POST", path, json=body, **options)

    def patch(self, path: str, body: Any, etag: str | None, **options: Any) -> Reply:
        """Change a record that is as it was when it was read."""
        return self.call("PATCH", path, json=body, etag=etag, **options)

    def call(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        etag: str | None = None,
        headers: dict[str, str] | None = None,
        anonymous: bool = False,
        **options: Any,
    ) -> Reply:
        """One request. ``key`` is its Idempotency-Key, ``etag`` its If-Match; the rest is as in requests."""
        sent = {**(headers or {}), **({"Idempotency-Key": key} if key else {}), **({"If-Match": etag} if etag else {})}
        if not anonymous:
            sent["Authorization"] = f"Bearer {self.current_token()}"
        response = self._http.request(method, f"{self.url}/api/v1{path}", headers=sent, timeout=TIMEOUT, **options)
        return Reply.of(response)

    def current_token(self) -> str:
        """An access token that is good for some minutes yet."""
        if self.token is None or time.monotonic() > self._renew_at:
            self.log_in()
        assert self.token is not None
        return self.token

    def upload(self, file: Path | bytes, name: str | None = None) -> str:
        """Store a file; answers its key."""
        content = file.read_bytes() if isinstance(file, Path) else file
        given = name or (file.name if isinstance(file, Path) else "rows.csv")
        stored = self.call("POST", "/files", params={"name": given}, data=content, headers={"Content-Type": "text/csv"})
        return str(stored.ok()["file"])

    def finished_job(self, service: str, job_id: str, timeout: float = 60) -> dict[str, Any]:
        """Wait until a job is over; answers what it says then."""
        seen: dict[str, Any] = {}

        def is_over() -> bool:
            seen.update(self.get(f"/jobs/{service}/{job_id}").ok())
            return seen["state"] in JOB_STATES_AT_THE_END

        wait_until(is_over, f"job of {service}", timeout, interval=0.1)
        return seen

    def all_of(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        page = self.get(path, limit=200, **query).ok()
        yield from page["items"]
        while page["next_cursor"]:
            page = self.get(path, limit=200, cursor=page["next_cursor"], **query).ok()
            yield from page["items"]
