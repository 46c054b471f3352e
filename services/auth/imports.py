"""Bringing in people and teams from a CSV file, as a job: with mapping, dry run, progress and a result for each row."""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import jobs
from chassis.context import blobs_of
from chassis.field_policy.intake import check_written
from chassis.identity.caller import Caller
from chassis.jobs import JobCancelled, JobPostponed, JobRun
from chassis.tables import ResultFile, Row, Table, open_upload, read_table
from contracts.auth import USERS
from services.auth import passwords
from services.auth.announcements import announce, team_changed, user_changed
from services.auth.authority import one_at_a_time, require_reach, require_rights
from services.auth.errors import NoAddresses, UnknownRole
from services.auth.housekeeping import drop_result_later
from services.auth.letters import sending
from services.auth.letters.texts import Letter
from services.auth.models import NO_PASSWORD, ImportedRow, Role, Team, User
from services.auth.roster import CREATED, REJECTED, NewPerson, Outcome, Roll, Roster, Wish

JOB = "run_import"
MAX_ROWS = 10_000
MAX_BYTES = 10 * 1024 * 1024
CHUNK = 20
"""Rows in one transaction: their passwords take less than a second to hash."""
SLICE_SECONDS = 5.0
OUTCOME_COLUMNS = ("status", "code", "message", "email", "initial_password")


def import_users(
    session: Session,
    caller: Caller,
    *,
    file: str,
    mapping: dict[str, str],
    options: dict[str, Any] | None = None,
    dry_run: bool = False,
) -> dict[str, UUID]:
    """Create accounts and teams from an uploaded CSV file, in the background.

    `mapping` names the columns. A row's person joins the team `team`, or else the team of the `manager`, which is
    named after him, below the team `parent_team`. Teams and managers that are missing are created. Look at the job
    for progress; its result file has the initial passwords and is kept for a week. With
    `invite`, people whose address is in the file get a letter instead. A dry run changes nothing and
    answers the same file, without passwords. The same file again creates nothing.
    """
    options = {"role": "sales_rep", "manager_role": "sales_manager"} | (options or {})
    _require_rights(session, caller, options)
    check_written(caller, USERS, ("name", "email"), owner_id=caller.user_id)
    if "email" not in mapping and "email_domain" not in options:
        raise NoAddresses.field(
            "/options/email_domain", "Without a column for e-mail addresses they are made with this."
        )
    open_upload(blobs_of(session), file, caller.user_id).close()
    work = {"file": file, "mapping": mapping, "options": options, "dry_run": dry_run}
    return {"job_id": jobs.enqueue(session, caller, JOB, work)}


def run(run: JobRun) -> dict[str, Any]:
    """Take the file row by row; done and checkpoint are saved with each chunk."""
    with run.chunk() as session:
        blobs = blobs_of(session)
    upload = open_upload(blobs, run.input["file"], run.started_by)
    with read_table(
        upload, encoding=run.input["options"].get("encoding"), max_bytes=MAX_BYTES, max_rows=MAX_ROWS
    ) as table:
        table.require(set(run.input["mapping"].values()), "/mapping")
        result = ResultFile(blobs, run.id, table.header, OUTCOME_COLUMNS)
        importing = _Importing(run, table, result)
        try:
            importing.take_all()
        except JobCancelled:
            result.discard(importing.parts + 1)
            raise
        return importing.finished()


class _Importing:
    """One attempt at the job."""

    def __init__(self, run: JobRun, table: Table, result: ResultFile) -> None:
        self._run = run
        self._table = table
        self._result = result
        self._mapping: dict[str, str] = run.input["mapping"]
        self._options: dict[str, Any] = run.input["options"]
        self._dry = bool(run.input["dry_run"])
        # A dry run lives in memory only, so it begins again at the first row.
        checkpoint = None if self._dry else run.checkpoint
        self.parts: int = checkpoint["parts"] if checkpoint else 0
        self._counts: dict[str, int] = dict(checkpoint["counts"]) if checkpoint else {}
        self._roll = Roll.of(self._wish(row) for row in table.rows())
        self._dry_roster: Roster | None = None

    def take_all(self) -> None:
        """Take the rows that are still to do, some seconds long: then other jobs, such as letters, get their turn."""
        ends = time.monotonic() + SLICE_SECONDS
        for rows in self._table.chunks(CHUNK, start=self.parts * CHUNK):
            with self._run.chunk() as session:
                self._take(session, rows)
                done = min((self.parts + 1) * CHUNK, self._table.row_count)
                checkpoint = {"parts": self.parts + 1, "counts": self._counts}
                self._run.save(session, done=done, total=self._table.row_count, checkpoint=checkpoint)
            self.parts += 1
            if time.monotonic() > ends and not self._dry:
                raise JobPostponed

    def finished(self) -> dict[str, Any]:
        """The result of the job."""
        file = self._result.finish(self.parts, "people-dry-run.csv" if self._dry else "people.csv")
        with self._run.chunk() as session:
            drop_result_later(session, self._run.id, file["file"])
        names = ("created", "skipped", "rejected", "users", "teams")
        counts = {name: self._counts.get(name, 0) for name in names}
        return {"dry_run": self._dry, "rows": self._table.row_count, **counts, **file}

    def _take(self, session: Session, rows: list[Row]) -> None:
        roster = self._roster(session, rows)
        outcomes = [(row, self._settled(roster, row)) for row in rows]
        told = {} if self._dry else self._apply(session, [outcome for _, outcome in outcomes])
        counts = dict(self._counts)
        for _, outcome in outcomes:
            for name, amount in _amounts(outcome):
                counts[name] = counts.get(name, 0) + amount
        self._result.write_part(self.parts, _lines(outcomes, self._mapping, told, dry=self._dry))
        self._counts = counts

    def _roster(self, session: Session, rows: list[Row]) -> Roster:
        if self._dry:
            if self._dry_roster is None:
                self._dry_roster = self._read_roster(session, self._table.rows())
            return self._dry_roster
        one_at_a_time(session)
        return self._read_roster(session, rows)

    def _read_roster(self, session: Session, rows: Iterable[Row]) -> Roster:
        wishes = [self._wish(row) for row in rows]
        return Roster.read(session, wishes, self._roll, self._options.get("email_domain"))

    def _settled(self, roster: Roster, row: Row) -> Outcome:
        if row.surplus:
            return Outcome(status=REJECTED, code="surplus-cells", message="The row has more cells than the header")
        return roster.settle(self._wish(row))

    def _wish(self, row: Row) -> Wish:
        return Wish(**{wanted: row.cells.get(column, "") for wanted, column in self._mapping.items()})

    def _invites(self, added: NewPerson) -> bool:
        return bool(self._options.get("invite")) and added.has_mailbox

    def _apply(self, session: Session, outcomes: list[Outcome]) -> dict[UUID, str]:
        """Add what the outcomes say, and invite whom it can. Returns the initial passwords of the others by person."""
        roles = _require_rights(session, self._run.caller, self._options)
        teams = [Team.of(added.name, added.parent_id, added.id) for outcome in outcomes for added in outcome.teams]
        # One by one: a team may hang below another new one.
        for team in teams:
            session.add(team)
            session.flush()
        told: dict[UUID, str] = {}
        users = []
        for added in (person for outcome in outcomes for person in _people(outcome)):
            if not self._invites(added):
                told[added.id] = passwords.generated()
            users.append(_user(added, told.get(added.id), roles["manager_role" if added.leads else "role"]))
            session.add(users[-1])
        session.flush()
        for user in users:
            if not user.has_password:
                sending.order(session, self._run.caller, Letter.INVITATION, user.id)
        session.add_all(
            ImportedRow(digest=person.digest, user_id=person.id) for outcome in outcomes for person in _people(outcome)
        )
        announce(session, *map(team_changed, teams), *map(user_changed, users))
        return told


def _require_rights(session: Session, caller: Caller, options: Mapping[str, Any]) -> dict[str, Role]:
    """The roles that the file gives, by option; raises unless the caller may add anybody anywhere with these roles."""
    for permission in ("users:create", "teams:create"):
        caller.require(permission)
        require_reach(caller, permission, [None])
    roles = {}
    for option in ("role", "manager_role"):
        role = session.scalar(select(Role).where(Role.name == options[option]))
        if role is None:
            raise UnknownRole(errors=[{"pointer": f"/options/{option}", "detail": "There is no role of this name."}])
        require_rights(caller, role.permissions, role.field_rules)
        roles[option] = role
    return roles


def _people(outcome: Outcome) -> Iterator[NewPerson]:
    if outcome.manager:
        yield outcome.manager
    if outcome.person:
        yield outcome.person


def _user(added: NewPerson, password: str | None, role: Role) -> User:
    user = User.of(
        id=added.id,
        name=added.name,
        email=added.email,
        password_hash=passwords.hashed(password) if password else NO_PASSWORD,
        teams=[added.team_id] if added.team_id else [],
        roles=[role.id],
    )
    if password:
        user.give_password(user.password_hash)
    return user


def _amounts(outcome: Outcome) -> Iterator[tuple[str, int]]:
    yield outcome.status, 1
    yield "users", len(list(_people(outcome)))
    yield "teams", len(outcome.teams)


def _lines(
    outcomes: list[tuple[Row, Outcome]], mapping: Mapping[str, str], told: Mapping[UUID, str], *, dry: bool
) -> Iterator[tuple[Row, tuple[str, ...]]]:
    """A line for each row, and before it one for the manager that it brings with it."""
    for row, outcome in outcomes:
        status = f"would be {outcome.status}" if dry and outcome.status == CREATED else outcome.status
        if outcome.manager:
            manager = outcome.manager
            line = (status, "created", "Manager", manager.email, told.get(manager.id, ""))
            yield Row(row.number, _manager_cells(row, mapping), 0), line
        email, password = (outcome.person.email, told.get(outcome.person.id, "")) if outcome.person else ("", "")
        yield row, (status, outcome.code, outcome.message, email, password)


def _manager_cells(row: Row, mapping: Mapping[str, str]) -> dict[str, str]:
    """The manager's own row, as it could have stood in the file: he leads himself."""
    cells = dict.fromkeys(row.cells, "")
    for wanted in ("team", "manager", "parent_team"):
        if wanted in mapping:
            cells[mapping[wanted]] = row.cells[mapping[wanted]]
    cells[mapping["name"]] = row.cells[mapping["manager"]]
    return cells
