"""Somebody has left: a service hands over what he owned there, as a job, and tells auth how far it is.

The job takes up whatever is his as long as anything is. It ends only when nothing can come any more: his account is
closed here, too, and every transaction that may have begun before that is over.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, column, func, select, table
from sqlalchemy.orm import Session

from chassis import audit, exports, jobs
from chassis.context import directory_of
from chassis.events import encode
from chassis.identity.directory import directory
from chassis.identity.events import PersonLeft, RecordsHandedOver
from chassis.jobs import JobPostponed, JobRun
from chassis.operations import job, on
from chassis.outbox import record

JOB = "hand_over"
"""The name under which ``service.py`` has the job of ``HandOver``."""

MUST_FINISH = "Somebody has left and his account is closed: what he owned has to go to his successor"

CHUNK = 200
MOST_EXPORTS = 1_000
AT_ONCE = 20
"""Exports in one event, whose size is limited."""
LONGEST_FILTER = 500
WAIT = timedelta(seconds=0.5)
DIRECTORY_LAG = timedelta(seconds=1)
"""How long a process may go on with what it knew of a person: much longer than it takes to read the directory anew."""
PATIENCE = timedelta(minutes=1)
"""Longer than any statement may run."""

ACTIVITY = table("pg_stat_activity", column("datname"), column("pid"), column("xact_start"), column("backend_type"))


@dataclass(frozen=True)
class Leaver:
    """Somebody who has left, and who takes over."""

    user_id: UUID
    successor_id: UUID
    by: UUID
    departure_id: UUID

    def successors_team(self, session: Session) -> UUID | None:
        """The team that what he takes over belongs to from now on."""
        return directory_of(session).team_of(self.successor_id)


@dataclass(frozen=True)
class Belongings:
    """One kind of record that somebody owns: ``his`` selects the ids, ``pass_on`` gives some of them to the successor.

    ``pass_on`` locks them and makes sure that they are not his any more.
    """

    his: Callable[[UUID], Select[Any]]
    pass_on: Callable[[Session, Leaver, list[UUID]], None]


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """What a service does when somebody leaves. ``ends`` are the kinds of jobs that were only for him."""

    event: type[RecordsHandedOver]
    belongings: Mapping[str, Belongings]
    ends: Collection[str] = ()

    @property
    def handler(self) -> Any:
        """Begins when auth tells that somebody has left."""
        return on(PersonLeft, self._begin)

    @property
    def job(self) -> Any:
        """The kind of job; it has to be called ``hand_over``."""
        return job(self._run, must_finish=MUST_FINISH)

    def _begin(self, session: Session, event: PersonLeft) -> None:
        work = {"departure_id": event.aggregate_id, "user_id": event.user_id, "successor_id": event.hand_over_to}
        jobs.enqueue_for(session, event.by, JOB, {**work, "by": event.by})

    def _run(self, run: JobRun) -> dict[str, Any]:
        leaver = Leaver(**{name: UUID(value) for name, value in run.input.items()})
        progress = _Progress(run, self, leaver)
        for name, kind in self.belongings.items():
            while progress.pass_on(name, kind):
                pass
        progress.wait_until_nothing_can_come()
        return progress.finish()


class _Progress:
    """How far one hand-over is; saved and told with each chunk."""

    def __init__(self, run: JobRun, order: HandOver, leaver: Leaver) -> None:
        self._run, self._order, self._leaver = run, order, leaver
        at = run.checkpoint or {"moved": dict.fromkeys(order.belongings, 0), "told": 0, "closed_at": None}
        self._moved: dict[str, int] = dict(at["moved"])
        self._told: int = at["told"]
        self._closed_at: str | None = at["closed_at"]

    def pass_on(self, name: str, kind: Belongings) -> bool:
        """Give some records of the kind to the successor; False if there were none."""
        with self._run.chunk() as session:
            ids = list(session.scalars(kind.his(self._leaver.user_id).limit(CHUNK)))
            if not ids:
                return False
            kind.pass_on(session, self._leaver, ids)
            session.flush()
            self._moved[name] += len(ids)
            of, to = str(self._leaver.user_id), str(self._leaver.successor_id)
            audit.note(session, "hand_over", resource=name, records=ids, of=of, to=to)
            self._tell(session, left=_count(session, self._order, self._leaver))
            return True

    def wait_until_nothing_can_come(self) -> None:
        """Raises JobPostponed as long as something may still become his; then everything is looked through again."""
        with self._run.chunk() as session:
            ended = jobs.end_those_of(session, self._leaver.user_id, self._order.ends)
            closed_before, self._closed_at = self._closed_at, self._closed_at or _closing(session, self._leaver)
            quiet = closed_before is not None and ended and _is_quiet(session, closed_before)
            self._save(session)
            if quiet and _count(session, self._order, self._leaver) == 0:
                return
        raise JobPostponed(WAIT)

    def finish(self) -> dict[str, Any]:
        """Tell of the end, and of what he has exported."""
        with self._run.chunk() as session:
            exports.stop_those_of(session, self._leaver.user_id)
            for some in _exported(session, self._leaver.user_id):
                self._tell(session, left=0, exported=some)
            self._tell(session, left=0, finished=True)
        return {"moved": self._moved}

    def _tell(self, session: Session, *, left: int, finished: bool = False, exported: Collection[Any] = ()) -> None:
        self._told += 1
        event = self._order.event(
            aggregate_id=self._leaver.departure_id,
            version=self._told,
            moved=self._moved,
            left=left,
            finished=finished,
            exports=list(exported),
        )
        record(session, event)
        self._save(session)

    def _save(self, session: Session) -> None:
        at = {"moved": self._moved, "told": self._told, "closed_at": self._closed_at}
        self._run.save(session, done=sum(self._moved.values()), checkpoint=at)


def _count(session: Session, order: HandOver, leaver: Leaver) -> int:
    each = (select(func.count()).select_from(kind.his(leaver.user_id).subquery()) for kind in order.belongings.values())
    return sum(session.scalar(one) or 0 for one in each)


def _closing(session: Session, leaver: Leaver) -> str | None:
    """The present moment, if this service knows that the account is closed."""
    person = (directory.c.kind == "user") & (directory.c.id == str(leaver.user_id))
    state = session.scalar(select(directory.c.state).where(person))
    return None if state and state["active"] else str(session.scalar(select(func.clock_timestamp())))


def _is_quiet(session: Session, closed_at: str) -> bool:
    """Whether no transaction goes on that began when its process may still have taken the account for open."""
    begun = ACTIVITY.c.xact_start
    others = (ACTIVITY.c.datname == func.current_database()) & (ACTIVITY.c.pid != func.pg_backend_pid())
    oldest = select(func.min(begun)).where(others, ACTIVITY.c.backend_type == "client backend")
    moment, first = session.execute(select(func.clock_timestamp(), oldest.scalar_subquery())).one()
    settled = type(moment).fromisoformat(closed_at) + DIRECTORY_LAG
    return moment > settled + PATIENCE or (moment > settled and (first is None or first > settled))


def told_exports(session: Session, user_id: UUID) -> list[dict[str, Any]]:
    """What somebody has exported lately, as others are told of it."""
    return [one | {"filter": _short(one["filter"])} for one in exports.of_person(session, user_id, MOST_EXPORTS)]


def _exported(session: Session, user_id: UUID) -> Iterator[list[dict[str, Any]]]:
    """The same in pieces that fit into an event."""
    told = told_exports(session, user_id)
    for start in range(0, len(told), AT_ONCE):
        yield told[start : start + AT_ONCE]


def _short(tree: Any) -> str | None:
    """A filter as text, of a length that an event can carry."""
    return None if tree is None else encode(tree).decode()[:LONGEST_FILTER]
