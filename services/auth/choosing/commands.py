"""Choosing a password with a link from a letter: the first one, and a new one for one that was forgotten."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.context import request_of
from chassis.errors import Problem
from chassis.networks import network_of
from services.auth import passwords
from services.auth.announcements import announce
from services.auth.choosing import rules
from services.auth.guessing import attempts, devices
from services.auth.guessing.attempts import Allowance
from services.auth.letters import links, sending
from services.auth.letters.links import Purpose
from services.auth.letters.texts import Letter
from services.auth.login_sessions import end_sessions
from services.auth.models import User, search_key

REQUESTS_FROM_ONE_NETWORK = Allowance(5, timedelta(minutes=1), timedelta(hours=1))
"""For one address."""


def forgot_password(session: Session, _: None, email: str) -> Problem | None:
    """Ask for a link to a new password, which is sent to the address if it is that of an account.

    The answer is the same, after the same work, whether there is an account or not. The link works once, within an
    hour; one that was sent before does not work any more.
    """
    place = f"{search_key(email)}\n{network_of(request_of(session).remote_addr or 'unknown')}"
    watch = attempts.asking_for(session, "forgotten password", place, REQUESTS_FROM_ONE_NETWORK)
    if refusal := watch.failed(session):
        return refusal
    user_id = session.scalar(select(User.id).where(User.email_key == search_key(email), User.active))
    audit.tell(session, account=user_id)
    sending.order(session, None, Letter.NEW_PASSWORD, user_id, asked_by_stranger=True)
    return None


def choose_first_password(session: Session, _: None, token: str, password: str) -> dict[str, Any]:
    """Choose your first password, with the link of your invitation.

    Then log in with it. `device_token` shows that this device is known: send it along.
    """
    return _choose(session, token, Purpose.FIRST_PASSWORD, password)


def choose_new_password(session: Session, _: None, token: str, password: str) -> dict[str, Any]:
    """Choose a new password for one that you have forgotten, with the link that was sent to you.

    It ends all your sessions, and no device is known any more but this one: send its `device_token` along when you
    log in.
    """
    return _choose(session, token, Purpose.NEW_PASSWORD, password)


def _choose(session: Session, token: str, purpose: Purpose, password: str) -> dict[str, Any]:
    user = links.holder(session, token, purpose)
    audit.act_as(session, user.id)
    rules.require_good(password, user.name, user.email, pointer="/password")
    user.set_password(passwords.hashed(password))
    links.withdraw(session, user.id)
    devices.forget_all(session, user.id)
    if purpose is Purpose.NEW_PASSWORD:
        sending.order(session, None, Letter.PASSWORD_CHANGED, user.id)
    device_token = devices.remember(session, user.id)
    announce(session, *end_sessions(session, user.id))
    return {"device_token": device_token}
