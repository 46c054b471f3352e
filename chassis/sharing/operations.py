"""What a service offers on records that can be shared: share one, look who has it, revoke.

``Sharing`` is declared once for each kind of record, and makes the operations of ``service.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import directory_of
from chassis.errors import Invalid, NotFound
from chassis.identity.caller import Caller
from chassis.identity.directory import is_there, note_grantee
from chassis.identity.events import RecordShared, TeamChanged, UserChanged
from chassis.identity.visibility import covered
from chassis.operations import on, operation, timer
from chassis.paging import PageRequest, paged
from chassis.sharing import ending
from chassis.sharing.errors import BeyondOwnAccess, SharedWithOneself, TooManyForOne, TooManyShares, UnknownGrantee
from chassis.sharing.schemas import NewShare, SharePage, ShareView
from chassis.sharing.table import CHANGE, READ, USER, Terms, put, shares, standing
from chassis.timers import cancel_timer, set_timer

SHOWN = list(ShareView._declared_fields)

MAX_SHARES = 200
"""With how many one record can be shared."""

MAX_SHARED = 5_000
"""How many records of a kind can be shared with one person or team: a list gathers them all."""

Condition = Callable[[Caller, str], ColumnElement[bool]]


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """The sharing of one kind of record; ``model`` has the columns of ``chassis.database.Owned``.

    The operations need ``<table>:share`` with a reach over the record: what is only shared with somebody he cannot
    share on. ``but_not`` takes records out that the caller must not deal with, whatever his reach.
    """

    model: Any
    event: type[RecordShared]
    path: str
    """Of the record, such as ``/customers/{customer_id}``."""
    but_not: Callable[[Caller], ColumnElement[bool]] | None = None

    @property
    def resource(self) -> str:
        """What shares call the records: the name of their table."""
        return str(self.model.__tablename__)

    @property
    def share_operation(self) -> Any:
        """``POST <path>/shares``."""
        return operation(
            f"POST {self.path}/shares",
            self.share,
            takes=NewShare,
            gives=ShareView,
            needs=f"{self.resource}:share",
            status=201,
            errors=(BeyondOwnAccess, UnknownGrantee, SharedWithOneself, TooManyShares, TooManyForOne),
        )

    @property
    def list_operation(self) -> Any:
        """``GET <path>/shares``."""
        route, needs = f"GET {self.path}/shares", f"{self.resource}:share"
        return operation(route, self.find_shares, takes=PageRequest, gives=SharePage, needs=needs)

    @property
    def revoke_operation(self) -> Any:
        """``DELETE <path>/shares/{share_id}``."""
        return operation(f"DELETE {self.path}/shares/{{share_id}}", self.revoke, needs=f"{self.resource}:share")

    @property
    def departure_handler(self) -> Any:
        """Ends the shares with a person whose account is closed, and with a team that is removed."""
        return on((UserChanged, TeamChanged), self._notice_departure)

    @property
    def expiry_timer(self) -> Any:
        """Tidies up behind shares that have expired; it has to be called ``share_expired``."""
        return timer(lambda session, due: ending.expire(session, self.event, UUID(due.key)))

    def share(
        self,
        session: Session,
        caller: Caller,
        *,
        grantee_kind: str,
        grantee_id: UUID,
        may_change: bool,
        expires_at: datetime | None,
        **record: UUID,
    ) -> dict[str, Any]:
        """Share this record with a person, or with the members of a team.

        Whoever it is shared with also needs a permission of his own to read (or change) such records; a role with the
        reach `shared` is enough. Sharing with somebody again changes what he may do, and until when. You can share
        what your own reach covers, and let others change what you may change yourself.
        """
        (record_id,) = record.values()
        self._lock(session, caller, record_id)
        if may_change and not session.scalar(select(self._mine(caller, CHANGE)).where(self.model.id == record_id)):
            raise BeyondOwnAccess
        if expires_at is not None and expires_at <= now():
            raise Invalid.field("/expires_at", "This time is over.")
        self._check_grantee(session, caller, grantee_kind, grantee_id)
        self._check_room(session, record_id, grantee_id)
        self._disarm(session, record_id, grantee_id)
        terms = Terms(grantee_kind=grantee_kind, grantee_id=grantee_id, may_change=may_change, expires_at=expires_at)
        row = put(session, self.event, self.resource, record_id, terms, by=caller.user_id)
        if expires_at is not None:
            set_timer(session, ending.TIMER, str(row["id"]), expires_at)
        return {name: row[name] for name in SHOWN}

    def find_shares(
        self, session: Session, caller: Caller, limit: int, cursor: str | None, **record: UUID
    ) -> dict[str, Any]:
        """List with whom this record is shared, the latest first."""
        (record_id,) = record.values()
        if not session.scalar(select(self._shareable(caller)).where(self.model.id == record_id)):
            raise NotFound
        query = select(*(shares.c[name] for name in SHOWN)).where(self._of(record_id), standing())
        return paged(session, query, order=shares.c.at, key=shares.c.id, descending=True, limit=limit, cursor=cursor)

    def revoke(self, session: Session, caller: Caller, share_id: UUID, **record: UUID) -> None:
        """End a share of this record, at once."""
        (record_id,) = record.values()
        self._lock(session, caller, record_id)
        cancel_timer(session, ending.TIMER, str(share_id))
        if not ending.end(session, self.event, and_(self._of(record_id), shares.c.id == share_id, standing())):
            raise NotFound

    def _notice_departure(self, session: Session, event: UserChanged | TeamChanged) -> None:
        ending.notice_departure(session, self.event, self.resource, event)

    def _lock(self, session: Session, caller: Caller, record_id: UUID) -> None:
        """Let shares of one record wait for each other; raises NotFound unless the caller can share it."""
        query = select(self.model.id).where(self.model.id == record_id, self._shareable(caller))
        if session.scalar(query.with_for_update()) is None:
            raise NotFound

    def _shareable(self, caller: Caller) -> ColumnElement[bool]:
        return and_(self._mine(caller, READ), self._mine(caller, "share"))

    def _mine(self, caller: Caller, action: str) -> ColumnElement[bool]:
        mine = covered(self.model, caller, f"{self.resource}:{action}")
        return mine if self.but_not is None else and_(mine, ~self.but_not(caller))

    def _of(self, record_id: UUID) -> ColumnElement[bool]:
        return and_(shares.c.resource == self.resource, shares.c.record_id == record_id)

    def _disarm(self, session: Session, record_id: UUID, grantee_id: UUID) -> None:
        """Take the timer of a share before its row, as the timer does when it fires, lest the two block each other."""
        pair = select(shares.c.id).where(self._of(record_id), shares.c.grantee_id == grantee_id)
        if (share_id := session.scalar(pair)) is not None:
            cancel_timer(session, ending.TIMER, str(share_id))

    def _check_room(self, session: Session, record_id: UUID, grantee_id: UUID) -> None:
        """Raises TooManyShares and TooManyForOne; the record and the grantee are locked, so this holds to the end."""
        of_record = and_(self._of(record_id), shares.c.grantee_id != grantee_id)
        if _count(session, of_record) >= MAX_SHARES:
            raise TooManyShares
        others = and_(shares.c.resource == self.resource, shares.c.record_id != record_id)
        if _count(session, and_(others, shares.c.grantee_id == grantee_id)) >= MAX_SHARED:
            raise TooManyForOne

    def _check_grantee(self, session: Session, caller: Caller, kind: str, grantee_id: UUID) -> None:
        """Raises unless there is such a grantee at this moment, who cannot go before this transaction has ended.

        What this process knows of him may be a quarter of a second old: then his departure would have ended his shares
        already. The lock on all changes of the directory is taken before that on his row, as by his departure.
        """
        directory = directory_of(session)
        if kind == USER and grantee_id == caller.user_id:
            raise SharedWithOneself
        if not (directory.is_active(grantee_id) if kind == USER else directory.has_team(grantee_id)):
            raise UnknownGrantee
        note_grantee(session, grantee_id, self.resource)
        if not is_there(session, kind, grantee_id):
            raise UnknownGrantee


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(shares).where(which, standing())) or 0
