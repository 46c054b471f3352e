"""In which language somebody is answered about imports."""

from sqlalchemy.orm import Session

from chassis.context import request_of
from services.customers.changesets.wording import CHINESE, ENGLISH


def language_of(session: Session, given: str | None) -> str:
    """The language that is asked for, else that of the request (``Accept-Language``), else English."""
    said = request_of(session).language or ""
    return given or (CHINESE if said.strip().lower().startswith(CHINESE) else ENGLISH)
