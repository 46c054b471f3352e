"""Stands in for the gateway: everything is well."""

from collections.abc import Callable, Iterable
from typing import Any


def create_app() -> Callable[[dict[str, Any], Callable[..., object]], Iterable[bytes]]:
    def answer(request: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"ready\n"]

    return answer
