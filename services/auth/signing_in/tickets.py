"""Tickets: the password was right, and something else is still to come before there are tokens."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis.clock import now
from services.auth.models import User
from services.auth.signing_in.errors import TicketRefused
from services.auth.signing_in.models import LoginTicket
from services.auth.token_pairs import hash_of

TICKET_BYTES = 32


def issue(session: Session, user: User, purpose: str, life: timedelta) -> str:
    """A ticket for one purpose; with another password, or another account's state, it is void."""
    ticket = secrets.token_urlsafe(TICKET_BYTES)
    row = LoginTicket(ticket_hash=hash_of(ticket), user_id=user.id, password_mark=_mark(user), purpose=purpose)
    row.expires_at = now() + life
    session.add(row)
    return ticket


def good(session: Session, ticket: str, purpose: str) -> tuple[LoginTicket, User]:
    """The ticket, locked, and whose it is; raises TicketRefused."""
    known = select(LoginTicket).where(LoginTicket.ticket_hash == hash_of(ticket), LoginTicket.purpose == purpose)
    row = session.scalar(known.with_for_update())
    if row is None or not row.good:
        raise TicketRefused
    user = session.scalar(select(User).where(User.id == row.user_id, User.active).with_for_update(read=True))
    if user is None or _mark(user) != row.password_mark:
        raise TicketRefused
    return row, user


def forget_old(session: Session) -> None:
    """Delete the tickets that are over."""
    session.execute(delete(LoginTicket).where(LoginTicket.expires_at < now()))


def _mark(user: User) -> bytes:
    return hashlib.sha256((user.password_hash or "").encode()).digest()
