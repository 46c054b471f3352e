"""A service with the tables of the probe that refuses on the record and tells secrets once."""

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from chassis.errors import Forbidden, Problem
from chassis.identity.caller import Caller
from chassis.operations import AUTHENTICATED, operation
from chassis.service import Service
from tests.chassis.probe.service import Base, Page


class Knock(Schema):
    """Who knocks."""

    name = fields.String(required=True)


class Secret(Schema):
    """A thing with its secret."""

    name = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)


def knock(session: Session, _: Caller, name: str) -> Problem:
    """Knock, and be sent away on the record."""
    session.add(Page(title=name))
    return Forbidden("Not today", retry_after=5)


def tell(_: Session, __: Caller, name: str) -> dict[str, Any]:
    """Tell a secret once."""
    return {"name": name, "code": "open sesame"}


class DoorService(Service):
    """A door."""

    name = "door"
    metadata = Base.metadata

    knock = operation("POST /knocks", knock, takes=Knock, needs=AUTHENTICATED)
    tell = operation("POST /secrets", tell, takes=Knock, gives=Secret, needs=AUTHENTICATED, once=("code",))
