"""Setting up the second factor that the house asks for, with a ticket that opens nothing else."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.errors import Problem
from services.auth.models import User
from services.auth.signing_in import factors, passkeys, tickets, totp
from services.auth.signing_in.errors import TicketRefused
from services.auth.signing_in.models import ENROL, LoginTicket
from services.auth.token_pairs import begin_session


def begin_enrolling_totp(session: Session, _: None, ticket: str) -> dict[str, Any]:
    """Begin to set up the authenticator app that logging in takes here.

    Log-in has answered `second-factor-to-set-up` with an `enrolment_ticket`, which is good for a quarter of an hour and
    for nothing but this. Show `uri` as a QR code, or let people type in the `secret`.
    """
    return totp.begun(session, _holder(session, ticket)[1].id)


def enrol_totp(
    session: Session, _: None, ticket: str, code: str, device_token: str | None = None
) -> dict[str, Any] | Problem:
    """Confirm the authenticator app with a first code, and come in.

    You get ten recovery codes, this once: keep them on paper.
    """
    row, user = _holder(session, ticket)
    codes = totp.confirmed(session, user, code)
    if isinstance(codes, Problem):
        row.fail()
        return codes
    return _let_in(session, row, user, "totp", codes["recovery_codes"], device_token)


def begin_enrolling_passkey(session: Session, _: None, ticket: str) -> dict[str, Any]:
    """Begin to register the passkey that logging in takes here.

    Hand `options` to `navigator.credentials.create()`, and what it answers to `POST /auth/enrolment/passkey`.
    """
    return passkeys.begun(session, _holder(session, ticket)[1])


def enrol_passkey(
    session: Session,
    _: None,
    ticket: str,
    ceremony_id: UUID,
    credential: dict[str, Any],
    name: str,
    device_token: str | None = None,
) -> dict[str, Any] | Problem:
    """Register the passkey, and come in.

    You get ten recovery codes, this once: keep them on paper.
    """
    row, user = _holder(session, ticket)
    made = passkeys.registered(session, user.id, ceremony_id, credential, name)
    if isinstance(made, Problem):
        row.fail()
        return made
    return _let_in(session, row, user, "passkey", made["recovery_codes"], device_token)


def _holder(session: Session, ticket: str) -> tuple[LoginTicket, User]:
    """The ticket and whose it is, locked; it is void once there is a second factor, whoever has set it up."""
    row, user = tickets.good(session, ticket, ENROL)
    session.scalars(select(User.id).where(User.id == user.id).with_for_update()).one()
    if factors.factors_of(session, user.id):
        raise TicketRefused
    return row, user


def _let_in(
    session: Session,
    row: LoginTicket,
    user: User,
    factor: str,
    codes: list[str] | None,
    device_token: str | None,
) -> dict[str, Any]:
    audit.tell(session, audit.LOGIN, account=user.id, factor=factor, enrolled=True)
    session.delete(row)
    return {**begin_session(session, user, device_token), "recovery_codes": codes}
