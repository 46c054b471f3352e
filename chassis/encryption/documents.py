"""Which JSON columns of a service ``Vault.seal_json`` fills, so that a rotation finds them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SealedDocument:
    """A column with sealed JSON values."""

    column: Any
    place: Callable[[dict[str, Any]], str]
    """What the value of a row was sealed for."""
    bound_to: tuple[Any, ...]
    """The columns that ``place`` looks at."""
