"""Terms, by dictionary and code."""

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Identified, Versioned
from contracts.customers import TERMS
from services.customers.models import Base

DICTIONARIES = ("industry", "grade", "size", "source")
"""Also the names of the customers' fields that hold the codes."""


class Term(Identified, Versioned, Base):
    """A word of a dictionary."""

    __tablename__ = "terms"
    __resource__ = TERMS
    __table_args__ = (UniqueConstraint("dictionary", "code"), Index(None, "dictionary", "rank", "id"))

    dictionary: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    name_zh: Mapped[str | None] = mapped_column(String(100))
    parent_code: Mapped[str | None] = mapped_column(String(20))
    """In a tree: the code of the term above it, with which its own code begins."""
    rank: Mapped[int]
    """Where it stands among the others; of grades the best has the lowest."""
    active: Mapped[bool]
    """Whether customers can be given it."""

    def change(self, fields: dict[str, object]) -> None:
        """Take over other values."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.touch()
