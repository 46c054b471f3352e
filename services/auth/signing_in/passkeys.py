"""Passkeys: registering and removing them, and proving oneself with one."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.errors import NotFound, Problem
from chassis.identity.caller import Caller
from chassis.ids import new_id
from services.auth.models import User
from services.auth.signing_in import ceremonies, factors, recovery
from services.auth.signing_in.errors import PasskeyNotRegistered, PasskeyRefused, PasskeyThere, TooManyPasskeys
from services.auth.signing_in.models import Passkey
from services.auth.token_pairs import begin_session

MOST = 20
LOG_IN, STEP_UP = "log_in", "step_up"
"""What a device is asked to sign for; an answer for the one is not taken for the other."""
TRANSPORTS = {"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"}


def begin_registration(session: Session, caller: Caller) -> dict[str, Any]:
    """Begin to register a passkey.

    Hand `options` to `navigator.credentials.create()`, and what it answers to `POST /me/passkeys` within five minutes.
    """
    return begun(session, session.scalars(select(User).where(User.id == caller.user_id)).one())


def begun(session: Session, user: User) -> dict[str, Any]:
    """A challenge for a new passkey of a person."""
    return ceremonies.registration(session, user, _ids_of(session, user.id))


def register(
    session: Session, caller: Caller, ceremony_id: UUID, credential: dict[str, Any], name: str
) -> dict[str, Any] | Problem:
    """Register a passkey.

    From now on it opens the door without a password, and logging in with the password takes a second factor. With the
    first second factor you get ten recovery codes, this once; `recovery_codes` is null if you have some already.
    """
    return registered(session, caller.user_id, ceremony_id, credential, name)


def registered(
    session: Session, user_id: UUID, ceremony_id: UUID, credential: dict[str, Any], name: str
) -> dict[str, Any] | Problem:
    """A new passkey of a person, if his device has answered what it was asked."""
    session.scalars(select(User.id).where(User.id == user_id).with_for_update()).one()
    if len(_ids_of(session, user_id)) >= MOST:
        raise TooManyPasskeys
    challenge = ceremonies.taken(session, ceremony_id, "register", user_id)
    made = ceremonies.registered(session, challenge, credential) if challenge else None
    if made is None:
        return PasskeyNotRegistered()
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)):
        return PasskeyThere()
    passkey = Passkey(id=new_id(), user_id=user_id, name=name, credential_id=made.credential_id)
    passkey.public_key, passkey.sign_count = made.credential_public_key, made.sign_count
    passkey.transports = _transports(credential)
    session.add(passkey)
    session.flush()
    codes = recovery.first_codes(session, user_id)
    return {"id": passkey.id, "name": name, "created_at": passkey.created_at, "recovery_codes": codes}


def remove_passkey(session: Session, caller: Caller, passkey_id: UUID) -> None:
    """Remove one of your passkeys, unless it is the last second factor and the house asks for one."""
    session.scalars(select(User.id).where(User.id == caller.user_id).with_for_update()).one()
    own = select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == caller.user_id).with_for_update()
    passkey = session.scalar(own)
    if passkey is None:
        raise NotFound
    session.delete(passkey)
    session.flush()
    recovery.forget_if_alone(session, caller.user_id)
    factors.require_another(session, caller)


def log_in(
    session: Session, _: None, ceremony_id: UUID, credential: dict[str, Any], device_token: str | None = None
) -> dict[str, Any] | Problem:
    """Log in with a passkey, without a password.

    The device has asked for finger, face or PIN, so this is two factors in one.
    """
    passkey = _convinced(session, LOG_IN, None, ceremony_id, credential)
    audit.tell(session, audit.LOGIN, account=passkey.user_id if passkey else None, factor="passkey")
    if passkey is None:
        return PasskeyRefused()
    user = session.scalar(select(User).where(User.id == passkey.user_id, User.active).with_for_update(read=True))
    return begin_session(session, user, device_token) if user else PasskeyRefused()


def begin(session: Session, purpose: str, user_id: UUID | None) -> dict[str, Any]:
    """Ask for an answer of one of the person's passkeys; of whoever has one if nobody is named."""
    return ceremonies.authentication(session, purpose, user_id, _ids_of(session, user_id) if user_id else [])


def accepts(session: Session, user: User, purpose: str, ceremony_id: UUID, credential: dict[str, Any]) -> bool:
    """Whether one of the person's own passkeys has answered what he was asked for this purpose."""
    return _convinced(session, purpose, user.id, ceremony_id, credential) is not None


def _convinced(
    session: Session, purpose: str, user_id: UUID | None, ceremony_id: UUID, credential: dict[str, Any]
) -> Passkey | None:
    """The passkey that has signed; its row is locked, so that of two answers with the same count one wins."""
    challenge = ceremonies.taken(session, ceremony_id, purpose, user_id)
    credential_id, user_handle = ceremonies.named(credential)
    passkey = session.scalar(select(Passkey).where(Passkey.credential_id == credential_id).with_for_update())
    if challenge is None or passkey is None or user_id not in (None, passkey.user_id):
        return None
    if user_handle not in (None, passkey.user_id.bytes):
        return None
    answer = ceremonies.signed(session, challenge, passkey, credential)
    if answer is None:
        return None
    passkey.use(answer.new_sign_count)
    return passkey


def _ids_of(session: Session, user_id: UUID) -> list[bytes]:
    own = select(Passkey.credential_id).where(Passkey.user_id == user_id).order_by(Passkey.id)
    return [bytes(one) for one in session.scalars(own)]


def _transports(credential: dict[str, Any]) -> list[str]:
    response = credential.get("response")
    said = response.get("transports") if isinstance(response, dict) else None
    return sorted(TRANSPORTS & {one for one in said if isinstance(one, str)}) if isinstance(said, list) else []
