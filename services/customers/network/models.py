"""Relations between customers."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Identified, Versioned
from contracts.customers import RELATIONS
from services.customers.models import Base

PERSON, ORGANISATION = "person", "organisation"
ANY = (PERSON, ORGANISATION)

PARTNER, SUPPLIER, COMPETITOR, BUYER = "partner_of", "supplier_of", "competitor_of", "customer_of"
WORKS_AT, REPORTS_TO = "works_at", "reports_to"

ENDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    PARTNER: (ANY, ANY),
    SUPPLIER: (ANY, ANY),
    COMPETITOR: (ANY, ANY),
    BUYER: (ANY, ANY),
    WORKS_AT: ((PERSON,), (ORGANISATION,)),
    REPORTS_TO: ((PERSON,), (PERSON,)),
}
"""What kinds of customers a relation leads from and to. Companies above others are no relations but parents."""

KINDS = tuple(ENDS)

ROLES = ("decision_maker", "influencer", "user", "gatekeeper", "sponsor", "contact", "other")
"""What somebody is where he works."""


class Relation(Identified, Versioned, Base):
    """A relation from one customer to another, for as long as it lasts."""

    __tablename__ = "relations"
    __resource__ = RELATIONS
    __table_args__ = (
        CheckConstraint("from_id <> to_id", name="two_ends"),
        CheckConstraint("until IS NULL OR since IS NULL OR since <= until", name="in_order"),
        Index("uq_relations_lasting", "from_id", "to_id", "kind", unique=True, postgresql_where="until IS NULL"),
        Index(None, "from_id", "id"),
        Index(None, "to_id", "id"),
    )

    from_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    to_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str] = mapped_column(String(20))
    role: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(String(500))
    since: Mapped[date | None] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    """Its last day; null while it lasts."""
