"""The registry of personal data names columns that are there."""

from typing import Any

import pytest
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import declarative_base
from chassis.operations import DeclarationError
from chassis.privacy import Erasure, Kind, PersonalData, PersonalField
from chassis.service import Service

Base: Any = declarative_base()


class Person(Base):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str]


@pytest.mark.parametrize(
    "field",
    [
        PersonalField("people.fax", Kind.PHONE, "person"),
        PersonalField("places.phone", Kind.PHONE, "person"),
        PersonalField("people.phone", Kind.PHONE, "person", Erasure.KEEP),
        PersonalField("people.phone", Kind.PHONE, "person", why="for no reason"),
    ],
)
def test_a_service_with_a_wrong_registry_does_not_start(field):
    with pytest.raises(DeclarationError):

        class Wrong(Service):
            name = "wrong"
            metadata = Base.metadata
            personal = PersonalData((field,))


def test_the_registry_tells_what_is_sealed_and_what_logs_leave_out():
    data = PersonalData((PersonalField("people.phone", Kind.PHONE, "person", sealed=True),))
    assert data.sealed() == {"people": ["phone"]}
    assert data.log_names == {"phone"}
