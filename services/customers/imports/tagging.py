"""Tags as the dictionary wants them, in rows that are imported."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis.errors import Invalid
from services.customers.changesets.ledger import Note
from services.customers.imports.drafting import NewCustomer
from services.customers.imports.reading import Reading
from services.customers.tag_book import TagBook


class Tagging:
    """What the rows of one chunk may say of tags."""

    def __init__(self, session: Session) -> None:
        self._book = TagBook(session)

    def look(self, readings: Iterable[Reading]) -> None:
        """Read what is known of the tags of all rows at once."""
        self._book.look({tag for reading in readings for tag in reading.fields.get("tags", ())})

    def refusal_of_new(self, new: NewCustomer) -> Note | None:
        """Let a new customer have its tags under their present names, or say why it may not."""
        given = {"tags": new.customer.tags}
        if refusal := self.refusal(given):
            return refusal
        new.customer.tags = new.row["tags"] = given["tags"]
        return None

    def refusal(self, fields: dict[str, Any], before: Sequence[str] = ()) -> Note | None:
        """The same for the fields of a customer that had some before."""
        if fields.get("tags"):
            try:
                fields["tags"] = self._book.checked(fields["tags"], before)
            except Invalid as problem:
                return Note(problem.slug, "; ".join(one["detail"] for one in problem.errors))
        return None
