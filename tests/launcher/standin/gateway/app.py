"""Stands in for the gateway: everything is well, and every service is known."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from launcher.suite import SERVICES

READY = json.dumps({"ready": True, "services": dict.fromkeys(SERVICES)}).encode()


def create_app() -> Callable[[dict[str, Any], Callable[..., object]], Iterable[bytes]]:
    def answer(request: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        return [READY]

    return answer
