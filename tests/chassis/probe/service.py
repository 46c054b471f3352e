"""A small service that the tests of the chassis are made with: pages that people write and lock."""

import time
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis import job_operations, jobs
from chassis.context import directory_of
from chassis.database import Identified, Owned, Versioned, declarative_base
from chassis.errors import Conflict, NotFound, PreconditionFailed
from chassis.events import Event
from chassis.field_policy.schemas import NoRecord
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.job_operations import JobStarted
from chassis.operations import AUTHENTICATED, PUBLIC, job, on, operation, timer
from chassis.outbox import record
from chassis.paging import PageRequest, page_of, paged
from chassis.service import Service
from chassis.timers import DueTimer, set_timer

Base: Any = declarative_base()


@dataclass(frozen=True, kw_only=True)
class PageWritten(Event):
    """A page was written or changed."""

    service: ClassVar[str] = "probe"
    aggregate: ClassVar[str] = "page"

    title: str


class Page(Identified, Versioned, Owned, Base):
    """A page."""

    __tablename__ = "pages"
    __resource__ = None

    title: Mapped[str] = mapped_column(unique=True)
    copies: Mapped[int] = mapped_column(default=0)
    remark: Mapped[str | None] = mapped_column(Text, default=None)

    def rename(self, title: str) -> None:
        """Give the page another title."""
        self.title = title
        self.touch()


class TitleTaken(Conflict):
    """There is such a page already."""

    slug, title = "title-taken", "There is a page of this title"


class NewPage(Schema):
    """A page to write."""

    title = fields.String(required=True, validate=validate.Length(1, 100), metadata={"example": "Tides"})
    remark = fields.String(load_default=None, validate=validate.Length(1, 1000), metadata={"example": "To be read"})


class NewTitle(Schema):
    """Another title."""

    title = fields.String(required=True, validate=validate.Length(1, 100), metadata={"example": "Tides"})


class AuthorView(NoRecord):
    """Who wrote a page, with a way to reach him."""

    id = fields.UUID(required=True)
    email = fields.String(required=True)


class PageView(NoRecord):
    """A page."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    title = fields.String(required=True)
    owner_id = fields.UUID(required=True, allow_none=True)


class Copies(Schema):
    """How many copies to make."""

    count = fields.Integer(required=True, validate=validate.Range(0, 10_000))


def write_page(session: Session, caller: Caller, title: str, remark: str | None = None) -> Page:
    """Write a page."""
    if session.scalar(select(Page.id).where(Page.title == title)):
        raise TitleTaken
    page = Page(title=title, remark=remark, owner_id=caller.user_id, team_id=caller.main_team)
    session.add(page)
    session.flush()
    record(session, PageWritten(aggregate_id=page.id, version=page.version, title=title))
    return page


def rename_page(session: Session, caller: Caller, page_id: UUID, title: str, expected_version: int) -> Page:
    """Give a page another title."""
    own = select(Page).where(Page.id == page_id, visible(Page, caller, "pages:change")).with_for_update()
    page = session.scalar(own)
    if page is None:
        raise NotFound
    if page.version != expected_version:
        raise PreconditionFailed
    page.rename(title)
    record(session, PageWritten(aggregate_id=page.id, version=page.version, title=title))
    return page


def read_page(session: Session, caller: Caller, page_id: UUID) -> dict[str, Any]:
    """Read a page."""
    columns = (Page.id, Page.version, Page.title, Page.owner_id)
    row = session.execute(select(*columns).where(Page.id == page_id, visible(Page, caller, "pages:read"))).first()
    if row is None:
        raise NotFound
    return dict(row._mapping)


def read_author(session: Session, caller: Caller, page_id: UUID) -> dict[str, Any]:
    """Tell who wrote a page."""
    return {"id": read_page(session, caller, page_id)["id"], "email": "author@example.com"}


def find_pages(session: Session, caller: Caller, limit: int, cursor: str | None) -> dict[str, Any]:
    """List pages, newest first."""
    own = select(Page.id, Page.version, Page.title, Page.owner_id, Page.created_at)
    own = own.where(visible(Page, caller, "pages:read"))
    return paged(session, own, order=Page.created_at, key=Page.id, descending=True, limit=limit, cursor=cursor)


def burn_pages(session: Session, caller: Caller) -> None:
    """Delete all pages."""
    session.execute(delete(Page).where(visible(Page, caller, "pages:change")))


def fail(session: Session, _: Caller | None) -> None:
    """Fail as only a bug does."""
    session.add(Page(title="half done"))
    session.flush()
    raise RuntimeError("a bug")


def tarry(session: Session, _: Caller | None, seconds: float = 0.0) -> dict[str, Any]:
    """Take a while."""
    session.execute(select(func.pg_sleep(seconds)))
    return {"slept": seconds}


class Seconds(Schema):
    """How long to tarry."""

    seconds = fields.Float(required=True)


def start_copies(session: Session, caller: Caller, count: int) -> dict[str, Any]:
    """Copy pages in the background."""
    return {"job_id": jobs.enqueue(session, caller, "copy_pages", {"count": count}, total=count)}


def copy_pages(run: jobs.JobRun) -> dict[str, Any]:
    """Make copies ten at a time."""
    count = run.input["count"]
    while run.done < count:
        with run.chunk() as session:
            batch = range(run.done, min(run.done + 10, count))
            session.add_all(Page(title=f"copy {number}", owner_id=run.caller.user_id) for number in batch)
            run.save(session, done=batch.stop)
    return {"copied": count}


def keep_copy(session: Session, event: PageWritten) -> None:
    """Count that the page was heard of; a page titled "poison" is too much."""
    if event.title == "poison":
        raise RuntimeError("cannot take this")
    page = session.get(Page, event.aggregate_id)
    if page is not None:
        page.copies += 1


def ring(session: Session, due: DueTimer) -> None:
    """Write a page when the time has come."""
    session.add(Page(title=due.payload["title"]))


def set_alarm(session: Session, title: str, due_at: Any) -> None:
    """Set the timer that ``ring`` answers."""
    set_timer(session, "ring", title, due_at, {"title": title})


def greet(session: Session, _: Caller | None) -> dict[str, Any]:
    """Greet everybody."""
    return {"people": len(directory_of(session).names())}


class Greeting(Schema):
    """A greeting."""

    people = fields.Integer(required=True)


def nap(_: Session, __: Caller | None, seconds: float) -> dict[str, Any]:
    """Sleep without the database."""
    time.sleep(seconds)
    return {"slept": seconds}


def time_out(_: Session, __: Caller | None) -> None:
    """Run into a time-out that is no Exception, as eventlet's."""
    import eventlet

    with eventlet.Timeout(0.05):
        eventlet.sleep(5)


def visible_pages(caller: Caller) -> Any:
    """The ids of the pages that the caller may read."""
    return select(Page.id).where(visible(Page, caller, "pages:read"))


class ProbeService(Service):
    """Pages that people write."""

    name = "probe"
    metadata = Base.metadata
    resources = {"page": visible_pages}  # noqa: RUF012  # a declaration
    audited = {"pages": ("title",)}  # noqa: RUF012  # a declaration

    write_page = operation(
        "POST /pages", write_page, takes=NewPage, gives=PageView, needs="pages:write", status=201, errors=(TitleTaken,)
    )
    rename_page = operation(
        "PATCH /pages/{page_id}", rename_page, takes=NewTitle, gives=PageView, needs="pages:change", guarded=True
    )
    read_page = operation("GET /pages/{page_id}", read_page, gives=PageView, needs="pages:read")
    read_author = operation("GET /pages/{page_id}/author", read_author, gives=AuthorView, needs="pages:read")
    find_pages = operation("GET /pages", find_pages, takes=PageRequest, gives=page_of(PageView), needs="pages:read")
    burn_pages = operation("DELETE /pages", burn_pages, needs="pages:change", step_up=True)
    fail = operation("POST /pages/fail", fail, needs=PUBLIC)
    tarry = operation("POST /pages/tarry", tarry, takes=Seconds, gives=Greeting, needs=PUBLIC)
    nap = operation("POST /pages/nap", nap, takes=Seconds, gives=Greeting, needs=PUBLIC)
    time_out = operation("POST /pages/time-out", time_out, needs=PUBLIC)
    greet = operation("GET /pages/greeting", greet, gives=Greeting, needs=PUBLIC)
    start_copies = operation("POST /pages/copies", start_copies, takes=Copies, gives=JobStarted, needs=AUTHENTICATED)

    keep_copy = on(PageWritten, keep_copy)
    copy_pages = job(copy_pages)
    ring = timer(ring)

    find_jobs = job_operations.list_of("probe")
    get_job = job_operations.look_at("probe")
    cancel_job = job_operations.cancel_of("probe")
    get_job_file = job_operations.file_of("probe")
