"""The base class of services: a table of contents of everything a service does."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, get_type_hints
from uuid import UUID

from sqlalchemy import MetaData
from sqlalchemy.orm import Session

from chassis import changes, explaining, gathering, live
from chassis.custom_fields.defined import Records
from chassis.encryption import resealing
from chassis.encryption.documents import SealedDocument
from chassis.field_policy import start_checks
from chassis.identity import directory
from chassis.identity.events import IDENTITY_EVENTS
from chassis.metrics import Figures
from chassis.operations import (
    AUTHENTICATED,
    INTERNAL,
    DeclarationError,
    Gather,
    Handler,
    Job,
    Operation,
    Timer,
    job,
    on,
    operation,
)
from chassis.privacy import PersonalData
from chassis.settings import Settings
from chassis.subjects import erasing, exporting, holds, receipts, retaining, stopping, taking
from chassis.subjects.events import OrderCancelled, PersonHeld, PersonOrdered, RetentionOrdered

Declaration = TypeVar("Declaration")


class Service:
    """A service; its attributes are made by ``operation``, ``gather``, ``on``, ``job`` and ``timer``.

    ``resources`` maps the aggregate of its events (``customer``) to the function ``(caller) -> select of visible ids``
    that decides who hears of them live; ``shown_live`` says of some what of a change he hears. ``custom_fields`` names
    the records that a house can add fields to.
    ``personal`` is its registry of personal data (``chassis.privacy``).
    ``documents`` are its columns of sealed JSON. ``audited`` names, by table, the columns of texts that hold no
    personal data: their values stand in the audit trail, while of other texts it is only told that they changed. A
    table with None leaves no entries.
    """

    name: ClassVar[str]
    metadata: ClassVar[MetaData]
    settings_class: ClassVar[type[Settings]] = Settings
    resources: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    shown_live: ClassVar[Mapping[str, live.Shown]] = {}
    custom_fields: ClassVar[tuple[Records, ...]] = ()
    personal: ClassVar[PersonalData] = PersonalData()
    documents: ClassVar[tuple[SealedDocument, ...]] = ()
    audited: ClassVar[changes.Audited] = {}

    merging: ClassVar[Any] = None
    """The records that may be merged (``chassis.merging``), if there are any."""

    keep_directory = on(IDENTITY_EVENTS, directory.keep)
    rotate_encryption = job(resealing.rotate)
    gather_again = on(gathering.EntriesMissed, gathering.gather_again)
    explain_access = operation("GET", explaining.explain_access, takes=explaining.AccessQuestion, needs="users:read")
    visible_changes = operation("GET", live.visible_changes, takes=live.ChangedRecords, needs=AUTHENTICATED)
    visible_records = operation("GET", live.visible_records, takes=live.RecordIds, needs=AUTHENTICATED)

    take_privacy_order = on(PersonOrdered, taking.take_order)
    take_retention_order = on(RetentionOrdered, taking.take_retention_order)
    stop_privacy_order = on(OrderCancelled, stopping.stop_order)
    keep_hold = on(PersonHeld, holds.keep)
    export_person = job(exporting.export_person, must_finish=taking.PART_OF_REQUEST)
    erase_person = job(erasing.erase_person, must_finish=taking.PART_OF_REQUEST)
    retain = job(retaining.retain, must_finish=taking.PART_OF_REQUEST)
    retained_classes = operation("GET", retaining.retained_classes, gives=retaining.RetainedClasses, needs=INTERNAL)
    privacy_receipt = operation(
        "GET", receipts.privacy_receipt, takes=receipts.OrderId, gives=receipts.ReceiptView, needs=INTERNAL
    )

    def __init_subclass__(cls) -> None:
        """Refuse at import what must not start."""
        for one in cls.operations().values():
            _check_signature(cls.name, one)
            start_checks.check_operation(cls.name, one)
        if hasattr(cls, "metadata"):
            start_checks.check_columns(cls.metadata)
        for complaint in cls.personal.complaints(cls.metadata):
            raise DeclarationError(f"{cls.name}: {complaint}")
        unknown = list(changes.unknown_columns(cls.audited, cls.metadata.tables)) if cls.audited else []
        if unknown:
            raise DeclarationError(f"{cls.name}: there is nothing to audit in {', '.join(unknown)}")

    @staticmethod
    def seed(session: Session, settings: Any) -> None:
        """Plant what a first start needs; runs after each migration, so it must do nothing the second time."""

    @staticmethod
    def verify(runtime: Any) -> Any:
        """Check what the service keeps against tampering; the answer has ``sound`` and ``as_dict()``."""
        raise SystemExit("This service keeps nothing that could be verified")

    @staticmethod
    def figures(session: Session) -> Figures:
        """What the service adds to the figures of the chassis in ``/metrics`` of ``work``."""
        return Figures()

    @classmethod
    def operations(cls) -> dict[str, Operation]:
        """Its operations by name."""
        return _declared(cls, Operation)

    @classmethod
    def gathers(cls) -> dict[str, Gather]:
        """Its gathered pages by name."""
        return _declared(cls, Gather)

    @classmethod
    def handlers(cls) -> dict[str, Handler]:
        """Its event handlers by name."""
        return _declared(cls, Handler)

    @classmethod
    def jobs(cls) -> dict[str, Job]:
        """Its kinds of jobs by name."""
        return _declared(cls, Job)

    @classmethod
    def timers(cls) -> dict[str, Timer]:
        """Its kinds of timers by name."""
        return _declared(cls, Timer)

    @classmethod
    def permissions(cls) -> set[str]:
        """Every ``resource:action`` that one of its operations needs."""
        return {one.needs for one in cls.operations().values() if ":" in one.needs}


def _declared(cls: type, kind: type[Declaration]) -> dict[str, Declaration]:
    return {name: value for name, value in inspect.getmembers(cls) if isinstance(value, kind)}


def _check_signature(service: str, one: Operation) -> None:
    """A path parameter must be a parameter of the function, and must not be a field of the payload too."""
    known = inspect.signature(one.function).parameters
    fields = set(one.takes._declared_fields) if one.takes else set()
    for name in one.path_parameters:
        takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())
        if name not in known and not takes_any:
            raise DeclarationError(f"{service}.{one.name}: {one.function.__name__} does not take {name}")
        if name in fields:
            raise DeclarationError(f"{service}.{one.name}: {name} is in the path and in the payload")
    if one.needs != INTERNAL and not one.summary:
        raise DeclarationError(f"{service}.{one.name} has no docstring to describe it")


def path_types(one: Operation) -> dict[str, type]:
    """The type of each path parameter: UUID unless the function's annotation says str or int."""
    hints = get_type_hints(one.function)
    return {name: hints.get(name, UUID) for name in one.path_parameters}
