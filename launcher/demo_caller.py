"""A caller of the running suite's API: what `make demo` needs of HTTP, with nothing but the standard library."""

import json
import time
from collections.abc import Iterator
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

_TIMEOUT = 60.0
_JOB_SECONDS = 120.0
_OVER = ("done", "failed", "cancelled")


class Refusal(RuntimeError):
    """The suite refused; ``slug`` names the problem."""

    def __init__(self, path: str, problem: dict[str, Any]) -> None:
        detail = problem.get("detail") or problem.get("errors") or ""
        super().__init__(f"{path}: {problem.get('status')} {problem.get('title')} {detail}".strip())
        self.slug = str(problem.get("type", "")).rpartition(":")[2]


class Caller:
    """Somebody who is logged in."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self.email = email
        self._api = f"{url}/api/v1"
        self._token: str | None = None
        self._login = {"email": email, "password": password}

    def log_in(self) -> Self:
        """Begin a session; it lasts for the five minutes that a token is good, which is enough here."""
        self._token = self.post("/auth/login", self._login)["access_token"]
        return self

    def step_up(self) -> Self:
        """Prove once more who it is, which opens what is dangerous for the same five minutes."""
        self._token = self.post("/auth/step-up", {"password": self._login["password"]})["access_token"]
        return self

    def get(self, path: str, **query: Any) -> Any:
        """Read."""
        return self._call("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Command."""
        return self._call("POST", path, json.dumps(body).encode(), "application/json")

    def upload(self, name: str, content: bytes) -> str:
        """Store a CSV file; answers its key."""
        return str(self._call("POST", f"/files?{urlencode({'name': name})}", content, "text/csv")["file"])

    def all_of(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list."""
        cursor: dict[str, str] = {}
        while True:
            page = self.get(path, limit=200, **query, **cursor)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    def finished_job(self, service: str, job_id: str) -> dict[str, Any]:
        """Wait for a job; answers its result, raises RuntimeError if it has none."""
        deadline = time.monotonic() + _JOB_SECONDS
        while time.monotonic() < deadline:
            job = self.get(f"/jobs/{service}/{job_id}")
            if job["state"] in _OVER:
                if job["state"] != "done":
                    raise RuntimeError(f"the job of {service} is {job['state']}: {job['error']}")
                return dict(job["result"])
            time.sleep(0.1)
        raise RuntimeError(f"the job of {service} took more than {_JOB_SECONDS:.0f} s")

    def _call(self, method: str, path: str, body: bytes | None = None, media_type: str | None = None) -> Any:
        request = Request(self._api + path, data=body, method=method)
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        if media_type:
            request.add_header("Content-Type", media_type)
        try:
            with urlopen(request, timeout=_TIMEOUT) as answer:
                return json.loads(answer.read() or b"null")
        except HTTPError as error:
            raise Refusal(path, _problem(error)) from None


def _problem(error: HTTPError) -> dict[str, Any]:
    try:
        return dict(json.loads(error.read()))
    except ValueError:
        return {"status": error.code, "title": error.reason}
