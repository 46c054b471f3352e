"""CPU-heavy calls beside the event loop: a single argon2 hash would stall every other request of the process."""

from collections.abc import Callable
from typing import Any

_run: Callable[..., Any] = lambda function, *arguments: function(*arguments)  # noqa: E731  # replaced by the host


def use(run: Callable[..., Any]) -> None:
    """Called by the host: how this process runs such calls."""
    global _run  # noqa: PLW0603  # one process, one host
    _run = run


def offload(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of ``function(*arguments)``, computed where it stalls nobody; the function must release the GIL."""
    return _run(function, *arguments)
