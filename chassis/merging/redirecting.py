"""What somebody is answered who asks for a record that is part of another one now: where to find it."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.errors import Problem
from chassis.identity.caller import Caller
from chassis.merging.tables import present_id


class Merged(Problem):
    """The record is part of another one; only who sees that one learns so."""

    slug, title, status = "merged", "The record was merged into another one", 410
    members = {"merged_into": {"type": "string", "format": "uuid"}}  # noqa: RUF012  # as declared by Problem

    def __init__(self, merged_into: UUID) -> None:
        super().__init__()
        self.merged_into = merged_into

    def as_dict(self) -> dict[str, Any]:
        """With the id of the record that has everything now."""
        return super().as_dict() | {"merged_into": self.merged_into}


def redirected(session: Session, merging: Any, caller: Caller, record_id: Any) -> Merged | None:
    """The answer for the id of a record that was merged away; None for any other, or for who may not see where to."""
    try:
        target = present_id(session, UUID(str(record_id)))
    except ValueError:
        return None
    if target is None:
        return None
    seen = merging.visible(caller).where(merging.model.id == target)
    return Merged(target) if session.scalar(seen) is not None else None
