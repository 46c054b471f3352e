"""Which keys an administrator wants to have enforced when a customer is entered or changed."""

from typing import Any

from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.database import Versioned
from chassis.errors import PreconditionFailed
from chassis.identity.caller import Caller
from contracts.customers import DUPLICATE_RULES
from services.customers.models import Base

THE_ONE = "customers"


class DuplicateRules(Versioned, Base):
    """The one row with the rules of the house; it comes with the table."""

    __tablename__ = "duplicate_rules"
    __resource__ = DUPLICATE_RULES

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    enforced: Mapped[list[str]] = mapped_column(ARRAY(String(20)))

    def enforce(self, kinds: list[str]) -> None:
        """Refuse from now on whoever has one of these keys of another."""
        self.enforced = kinds
        self.touch()


def get_rules(session: Session, caller: Caller) -> dict[str, Any]:
    """Look at which keys no two customers may have."""
    row = session.execute(select(DuplicateRules.version, DuplicateRules.enforced, DuplicateRules.updated_at)).one()
    return {"version": row.version, "enforced": row.enforced, "updated_at": row.updated_at}


def change_rules(session: Session, caller: Caller, expected_version: int, enforced: list[str]) -> DuplicateRules:
    """Say which keys no two customers may have.

    It holds for what is entered and changed from now on. The check before a create tells of all of them anyway.
    """
    rules = session.get_one(DuplicateRules, THE_ONE, with_for_update=True)
    if rules.version != expected_version:
        raise PreconditionFailed
    rules.enforce(list(dict.fromkeys(enforced)))
    return rules


def enforced(session: Session) -> frozenset[str]:
    """The kinds of keys that are enforced."""
    return frozenset(session.scalars(select(DuplicateRules.enforced)).one())
