"""What goes into and comes out of the ids that customers have in other systems."""

from typing import Any

from marshmallow import Schema, fields

from chassis.fields import Instant
from chassis.paging import PageRequest, page_of
from contracts.customers import EXTERNAL_IDS
from services.customers.external_ids.models import LONGEST
from services.customers.fields import Line

SYSTEM_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"


class System(Line):
    """Another system by its short name, kept in lower case."""

    def __init__(self, **options: Any) -> None:
        said = {"description": "The short name of the other system, kept in lower case.", "example": "shop"}
        super().__init__(40, pattern=SYSTEM_PATTERN, metadata=said, **options)

    def _normal(self, text: str) -> str:
        return text.lower()


class OfExternalIds(Schema):
    """A payload about ids in other systems."""

    class Meta:
        """Whose fields these are."""

        resource = EXTERNAL_IDS


class NewExternalId(OfExternalIds):
    """The id that a customer has in another system."""

    source_system = System(required=True)
    external_id = Line(LONGEST, required=True, metadata={"example": "10042"})


class ExternalIdSearch(OfExternalIds, PageRequest):
    """Which ids to look for."""

    external_id = Line(LONGEST, required=True, metadata={"description": "Just this one.", "example": "10042"})
    source_system = System(load_default=None)


class ExternalIdShown(OfExternalIds):
    """An id in another system."""

    id = fields.UUID(required=True)
    source_system = fields.String(required=True, metadata={"example": "shop"})
    external_id = fields.String(required=True, metadata={"example": "10042"})


class ExternalIdView(ExternalIdShown):
    """The id that a customer has in another system."""

    customer_id = fields.UUID(required=True)
    created_at = Instant(required=True)


ExternalIdPage = page_of(ExternalIdView)
