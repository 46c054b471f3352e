"""The unit of work of one operation, from the caller's token to the committed answer."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import orjson
import structlog
from marshmallow import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from chassis import audit, idempotency, readings, tracing
from chassis.custom_fields.defined import CustomFields
from chassis.database import Database, is_disconnect
from chassis.encryption.columns import vault_of
from chassis.errors import (
    DeadlineExceeded,
    FieldError,
    Invalid,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    Unavailable,
)
from chassis.events import encode
from chassis.field_policy.intake import SETS_KEPT, Intake
from chassis.field_policy.reduction import Reduce, lent_members, reduction
from chassis.field_policy.schemas import governed_by_rules
from chassis.identity.caller import Caller
from chassis.identity.directory import Directory
from chassis.identity.policy import FieldRules
from chassis.merging.redirecting import redirected
from chassis.operations import AUTHENTICATED, INTERNAL, PUBLIC, Document, File, Operation, record_in
from chassis.readings import Reading, Readings
from chassis.requests import Answer, Request
from chassis.service import path_types

log = structlog.get_logger()

REFUSALS = (401, 403, 404)
"""Statuses that tell of a missing right: a record out of reach is as unknown as one that is not there."""


class UnitOfWork:
    """One operation, ready to be called: everything that does not change from call to call is made here once."""

    def __init__(
        self, one: Operation, database: Database, directory: Directory, context: dict[str, Any], noted: Readings
    ) -> None:
        self.operation = one
        self._database = database
        self._directory = directory
        self._context = context
        self._readings = noted
        self._watched: Callable[[FieldRules], bool] = lru_cache(SETS_KEPT)(partial(_is_watched, one))
        self._intake = _intake(one)
        self._dump = _dumper(one.gives)
        self._reduction: Callable[[FieldRules], Reduce | None] = lru_cache(SETS_KEPT)(
            _reduction_of(one, context["custom_fields"])
        )
        self._path_types = path_types(one)
        self._execute = self._read if one.reads else self._command

    def answer(self, request: Request, arguments: dict[str, Any]) -> Answer:
        """Execute a request; every refusal and failure becomes an answer too.

        A Problem that is raised has changed nothing. A Problem that a command *returns* is answered all the same, but
        what the command changed is committed: it is the record of the refusal, such as a failed log-in that counts.
        """
        caller = None
        with tracing.trace(request.traceparent):
            try:
                request.check_deadline()
                caller = self._caller(request)
                self._admit(caller)
                return self._execute(request, caller, self._load(caller, arguments), arguments)
            except Problem as refusal:
                problem = self._redirected(caller, arguments, refusal)
                if problem.status in REFUSALS:
                    self._note_refusal(request, caller, arguments, problem)
                return problem_answer(problem)
            except Exception as error:
                return problem_answer(self._failure(error))

    def _caller(self, request: Request) -> Caller | None:
        if self.operation.needs in (PUBLIC, INTERNAL):
            return None
        return self._directory.authenticate(request.token)

    def _admit(self, caller: Caller | None) -> None:
        if caller is None:
            return
        if self.operation.needs != AUTHENTICATED:
            caller.require(self.operation.needs)
        if self.operation.step_up:
            caller.require_step_up()

    def _load(self, caller: Caller | None, arguments: dict[str, Any]) -> dict[str, Any]:
        """Path parameters and payload as Python values; raises NotFound for a malformed id and Invalid."""
        payload = dict(arguments)
        values = {name: _path_value(kind, payload.pop(name, None)) for name, kind in self._path_types.items()}
        if self._intake is None:
            if payload:
                raise Invalid(errors=[{"pointer": f"/{name}", "detail": "Unknown field."} for name in payload])
            return values
        try:
            return {**values, **self._intake.load(caller, payload)}
        except ValidationError as error:
            raise Invalid(errors=_field_errors(error.messages)) from None

    def _read(self, request: Request, caller: Caller | None, values: dict[str, Any], _: dict[str, Any]) -> Answer:
        try:
            return self._query(request, caller, values)
        except SQLAlchemyError as error:
            if not is_disconnect(error):
                raise
            return self._query(request, caller, values)

    def _query(self, request: Request, caller: Caller | None, values: dict[str, Any]) -> Answer:
        with self._database.reading() as session:
            session.info.update(self._context, request=request)
            result = self.operation.function(session, caller, **values)
        if caller is not None:
            self._note_read(request, caller, values, result)
        return self._finished(caller, result)

    def _command(
        self, request: Request, caller: Caller | None, values: dict[str, Any], arguments: dict[str, Any]
    ) -> Answer:
        if self.operation.guarded:
            values["expected_version"] = version_of(request.if_match)
        with self._database.transaction() as session:
            session.info.update(self._context, actor=caller.user_id if caller else None, request=request)
            if caller is None or request.idempotency_key is None:
                return self._perform(session, caller, values, arguments)
            vault = vault_of(session)
            mark = idempotency.fingerprint(vault, self.operation.name, {**arguments, "If-Match": request.if_match})
            stored = idempotency.stored_answer(session, caller.user_id, request.idempotency_key, mark)
            if stored:
                return stored
            answer = self._perform(session, caller, values, arguments)
            if not answer.failed:
                kept = self._without_once(answer)
                idempotency.store_answer(session, caller.user_id, request.idempotency_key, mark, kept)
            return answer

    def _perform(
        self, session: Session, caller: Caller | None, values: dict[str, Any], arguments: dict[str, Any]
    ) -> Answer:
        resource, record_id = record_in(self.operation, values)
        trail = audit.begin(
            session,
            self.operation.name,
            caller=caller,
            permission=self.operation.needs,
            resource=resource,
            record_id=record_id,
            expected=True,
        )
        open_points = self._intake.open_points(caller, arguments) if self._intake else None
        entity = self.operation.function(session, caller, **values)
        if open_points and not isinstance(entity, Problem):
            open_points.decide(entity)
        session.flush()
        if isinstance(entity, Problem):
            trail.outcome = audit.REFUSED
            audit.tell(session, status=entity.status, problem=entity.slug)
            return problem_answer(entity)
        return self._finished(caller, self._dump(entity))

    def _note_read(self, request: Request, caller: Caller, values: dict[str, Any], result: Any) -> None:
        """Note who saw which records, or that he used his permission; half a second later it is written down."""
        needs = self.operation.needs
        if self._watched(caller.field_rules):
            seen = readings.records_in(result) or list(filter(None, record_in(self.operation, values)[1:]))
            key = (self.operation.name, caller.user_id, caller.session_id, request.remote_addr)
            self._readings.add(key, lambda: self._reading(request, caller, values), seen)
        elif ":" in needs:
            used = partial(self._reading, request, caller, values, kind=audit.USE)
            self._readings.use((caller.user_id, needs), used)

    def _note_refusal(
        self, request: Request, caller: Caller | None, arguments: dict[str, Any], problem: Problem
    ) -> None:
        """Write down what was refused; of requests without a caller, of which there may be very many, how many."""
        resource, record_id = record_in(self.operation, arguments)
        if caller is None:
            told = {"kind": audit.REFUSAL, "outcome": audit.REFUSED, "problem": problem.slug}
            key = (self.operation.name, request.remote_addr, problem.slug)
            self._readings.add(key, lambda: self._reading(request, None, arguments, **told), ())
            return
        try:
            with self._database.transaction() as session:
                session.info["request"] = request
                audit.refused(
                    session,
                    self.operation.name,
                    caller=caller,
                    status=problem.status,
                    slug=problem.slug,
                    permission=self.operation.needs,
                    resource=resource,
                    record_id=record_id,
                )
        except SQLAlchemyError as error:
            log.warning("refusal not noted", operation=self.operation.name, error=repr(error))

    def _reading(self, request: Request, caller: Caller | None, values: dict[str, Any], **told: str) -> Reading:
        return Reading(
            action=self.operation.name,
            actor=caller.user_id if caller else None,
            session_id=caller.session_id if caller else None,
            remote_addr=audit.address_of(request),
            permission=self.operation.needs,
            resource=record_in(self.operation, values)[0],
            **told,
        )

    def _redirected(self, caller: Caller | None, arguments: dict[str, Any], problem: Problem) -> Problem:
        """The refusal, or for a record that was merged away where it is now."""
        merging = getattr(self._context.get("service_class"), "merging", None)
        asked_for = arguments.get(merging.pointer) if merging else None
        if caller is None or asked_for is None or problem.status != NotFound.status:
            return problem
        try:
            with self._database.reading() as session:
                return redirected(session, merging, caller, asked_for) or problem
        except SQLAlchemyError as error:
            log.warning("no redirection", operation=self.operation.name, error=repr(error))
            return problem

    def _without_once(self, answer: Answer) -> Answer:
        """The answer as it is kept for a replay: what is told only once is null there."""
        if not self.operation.once:
            return answer
        return replace(answer, body=encode(orjson.loads(answer.body) | dict.fromkeys(self.operation.once)))

    def _finished(self, caller: Caller | None, result: Any) -> Answer:
        """The answer: what the caller may see of the result."""
        if result is None:
            return Answer(status=self.operation.status, body=b"null")
        if caller is not None:
            reduce = self._reduction(caller.field_rules)
            if reduce:
                reduce(result, caller.user_id)
        version = result.get("version") if isinstance(result, dict) else None
        etag = None if version is None else f'"{version}"'
        return Answer(status=self.operation.status, body=encode(result), etag=etag)

    def _failure(self, error: Exception) -> Problem:
        if isinstance(error, StaleDataError):
            return PreconditionFailed()
        if isinstance(error, SQLAlchemyError) and is_disconnect(error):
            log.warning("database away", operation=self.operation.name, error=str(error))
            return Unavailable("The database of the service does not answer")
        if isinstance(error, NoConnectionFree):
            return Unavailable("All connections to the database are in use", retry_after=1)
        if isinstance(error, SQLAlchemyError) and getattr(getattr(error, "orig", None), "pgcode", "") == "57014":
            return DeadlineExceeded("The database took too long")
        log.exception("operation failed", operation=self.operation.name)
        return Problem()


def _is_watched(one: Operation, rules: FieldRules) -> bool:
    """Whether it is noted who sees what it answers: a file, or personal data of others that is not masked for him."""
    return one.gives is File or (":" in one.needs and readings.shows_personal_data(one.gives, rules))


def problem_answer(problem: Problem) -> Answer:
    """A problem as an answer."""
    return Answer(status=problem.status, body=encode(problem.as_dict()), retry_after=problem.retry_after)


def version_of(if_match: str | None) -> int:
    """The version that If-Match names; raises PreconditionRequired without one, PreconditionFailed for nonsense."""
    if not if_match:
        raise PreconditionRequired
    try:
        return int(if_match.strip().removeprefix("W/").strip('"'))
    except ValueError:
        raise PreconditionFailed("If-Match is not an ETag of this record") from None


def _path_value(kind: type, text: Any) -> Any:
    try:
        return kind(str(text))
    except ValueError:
        raise NotFound from None


def _dumper(gives: Any) -> Callable[[Any], Any]:
    if gives in (None, File, Document):
        return lambda result: result
    schema, lent = gives(), lent_members(gives)
    if not lent:
        return lambda result: result if isinstance(result, dict) else schema.dump(result)
    return lambda result: result if isinstance(result, dict) else {**schema.dump(result), **_lent(result, lent)}


def _lent(entity: Any, names: list[str]) -> dict[str, Any]:
    return {name: getattr(entity, name, None) for name in names}


def _intake(one: Operation) -> Intake | None:
    if one.takes is None:
        return None
    changes = not one.reads and one.status != 201 and bool(governed_by_rules(one.takes))
    return Intake(one.takes, reads=one.reads, changes=changes)


def _reduction_of(one: Operation, custom: CustomFields) -> Callable[[FieldRules], Reduce | None]:
    gives = one.gives
    if gives in (None, File, Document):
        return lambda _: None
    return lambda rules: reduction(gives, rules, custom.cuts)


def _field_errors(messages: Any, pointer: str = "") -> list[FieldError]:
    """marshmallow's nested messages as a flat list of JSON pointers."""
    if isinstance(messages, dict):
        return [error for name, inner in messages.items() for error in _field_errors(inner, _below(pointer, name))]
    if isinstance(messages, list):
        return [error for inner in messages for error in _field_errors(inner, pointer)]
    return [{"pointer": pointer, "detail": str(messages)}]


def _below(pointer: str, name: Any) -> str:
    if name == "_schema":
        return pointer
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
