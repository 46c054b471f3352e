"""The echo service: what a call costs when the operation itself costs nothing."""

from typing import Any

from marshmallow import fields
from sqlalchemy import MetaData
from sqlalchemy.orm import Session

from chassis.field_policy.schemas import NoRecord
from chassis.identity.caller import Caller
from chassis.operations import PUBLIC, operation
from chassis.service import Service

RIGHT = "echo:call"


class Shout(NoRecord):
    """What to repeat."""

    text = fields.String(required=True)


def echo(_: Session, __: Caller | None, text: str) -> dict[str, Any]:
    """Repeat a text."""
    return {"text": text}


class EchoService(Service):
    """Repeats what it is told."""

    name = "echo"
    metadata = MetaData()

    echo_to_some = operation("GET /echo-to-some", echo, takes=Shout, gives=Shout, needs=RIGHT)
    echo = operation("GET /echo", echo, takes=Shout, gives=Shout, needs=PUBLIC)
