"""What a service tells of the fields that a house has added to its records."""

from dataclasses import dataclass
from typing import Any, ClassVar

from chassis.events import Event


@dataclass(frozen=True, kw_only=True)
class CustomFieldChanged(Event):
    """A custom field was defined, changed or closed; each service publishes a class of its own."""

    aggregate: ClassVar[str] = "custom_field"

    resource: str
    key: str
    label: str
    label_zh: str | None
    kind: str
    options: dict[str, Any]
    required: bool
    is_unique: bool
    private: bool
    active: bool
    rank: int
