"""CPU-heavy calls beside the event loop: a single argon2 hash would stall every other request of the process."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")

_run: Callable[..., Any] = lambda function, *arguments: function(*arguments)  # noqa: E731  # replaced by the host


def use(run: Callable[..., Any]) -> None:
    """Called by the host: how this process runs such calls."""
    global _run  # noqa: PLW0603  # one process, one host
    _run = run


def offload(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of ``function(*arguments)``, computed where it stalls nobody; the function must release the GIL."""
    return _run(function, *arguments)


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The items, each of which a thread makes while the one before is in use: by ``work``, never by ``serve``."""
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(list, islice(items, 1))
        while found := following.result():
            following = thread.submit(list, islice(items, 1))
            yield found[0]
