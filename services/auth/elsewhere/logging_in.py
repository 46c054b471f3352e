"""Logging in with an account elsewhere, and linking it to the one here."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.errors import NotFound, Problem
from chassis.identity.caller import Caller
from chassis.ids import new_id
from services.auth.elsewhere import attempts
from services.auth.elsewhere.errors import IdentityTaken, NotLinked
from services.auth.elsewhere.models import IdentityProvider, LinkedIdentity
from services.auth.elsewhere.ways import Identity
from services.auth.models import User, search_key
from services.auth.signing_in import second_factor
from services.auth.token_pairs import begin_session


def find_providers(session: Session, _: None) -> dict[str, Any]:
    """List the providers that one can log in with."""
    active = select(IdentityProvider.id, IdentityProvider.name).where(IdentityProvider.active)
    rows = session.execute(active.order_by(IdentityProvider.name))
    return {"items": [dict(row._mapping) for row in rows]}


def begin_log_in(session: Session, _: None, provider_id: UUID) -> dict[str, Any]:
    """Begin to log in with a provider.

    Keep `attempt` in the browser, and go to `url`. The provider sends the browser back to `/sign-in/callback` with
    `state` and `code`, which go with the `attempt` to `POST /auth/provider-log-in` within ten minutes.
    """
    return attempts.begin(session, provider_id, None)


def finish_log_in(
    session: Session, _: None, attempt: str, state: str, code: str, device_token: str | None = None
) -> dict[str, Any] | Problem:
    """Finish a log-in with a provider.

    Opens the account here that is linked to the one there. If the provider is trusted, the account with the same
    verified e-mail address is linked by that. An account with a second factor is asked for it.
    """
    came = attempts.finish(session, attempt, state, code, None)
    if isinstance(came, Problem):
        return came
    provider, identity = came
    user = _linked(session, provider, identity) or _found_by_address(session, provider, identity)
    audit.tell(session, audit.LOGIN, account=user.id if user else None, provider=provider.id)
    if user is None:
        return NotLinked()
    return second_factor.asked_for(session, user) or begin_session(session, user, device_token)


def begin_link(session: Session, caller: Caller, provider_id: UUID) -> dict[str, Any]:
    """Begin to link an account with a provider to yours."""
    return attempts.begin(session, provider_id, caller.user_id)


def finish_link(session: Session, caller: Caller, attempt: str, state: str, code: str) -> dict[str, Any] | Problem:
    """Link an account with a provider to yours: it opens the door from now on."""
    came = attempts.finish(session, attempt, state, code, caller.user_id)
    if isinstance(came, Problem):
        return came
    provider, identity = came
    session.scalars(select(IdentityProvider.id).where(IdentityProvider.id == provider.id).with_for_update()).one()
    if _is_taken(session, provider.id, identity.subject, caller.user_id):
        return IdentityTaken()
    linked = _link(session, provider, identity, caller.user_id)
    return {"id": linked.id, "provider": provider.name, "created_at": linked.created_at, "last_used_at": None}


def find_identities(session: Session, caller: Caller) -> dict[str, Any]:
    """List the accounts elsewhere that open yours."""
    columns = (LinkedIdentity.id, IdentityProvider.name.label("provider"))
    own = select(*columns, LinkedIdentity.created_at, LinkedIdentity.last_used_at).join(IdentityProvider)
    rows = session.execute(own.where(LinkedIdentity.user_id == caller.user_id).order_by(LinkedIdentity.id))
    return {"items": [dict(row._mapping) for row in rows]}


def remove_identity(session: Session, caller: Caller, identity_id: UUID) -> None:
    """Let an account elsewhere open yours no more."""
    own = select(LinkedIdentity).where(LinkedIdentity.id == identity_id, LinkedIdentity.user_id == caller.user_id)
    linked = session.scalar(own.with_for_update())
    if linked is None:
        raise NotFound
    session.delete(linked)


def _linked(session: Session, provider: IdentityProvider, identity: Identity) -> User | None:
    known = select(LinkedIdentity).where(
        LinkedIdentity.provider_id == provider.id, LinkedIdentity.subject == identity.subject
    )
    linked = session.scalar(known.with_for_update())
    if linked is None:
        return None
    linked.use()
    return session.scalar(select(User).where(User.id == linked.user_id, User.active).with_for_update(read=True))


def _found_by_address(session: Session, provider: IdentityProvider, identity: Identity) -> User | None:
    """Only a trusted provider's verified address tells whose account it is; from then on it is linked."""
    if not (provider.trusted and identity.email_verified and identity.email):
        return None
    session.scalars(select(IdentityProvider.id).where(IdentityProvider.id == provider.id).with_for_update()).one()
    same = select(User).where(User.email_key == search_key(identity.email), User.active)
    user = session.scalar(same.with_for_update(read=True))
    if user is None or _is_taken(session, provider.id, identity.subject, user.id):
        return None
    _link(session, provider, identity, user.id).use()
    return user


def _is_taken(session: Session, provider_id: UUID, subject: str, user_id: UUID) -> bool:
    """Whether the account there is somebody's, or the person has another one there; links are made one at a time."""
    either = (LinkedIdentity.subject == subject) | (LinkedIdentity.user_id == user_id)
    return (
        session.scalar(select(LinkedIdentity.id).where(LinkedIdentity.provider_id == provider_id, either).limit(1))
        is not None
    )


def _link(session: Session, provider: IdentityProvider, identity: Identity, user_id: UUID) -> LinkedIdentity:
    linked = LinkedIdentity(id=new_id(), provider_id=provider.id, user_id=user_id, subject=identity.subject)
    session.add(linked)
    session.flush()
    audit.tell(session, linked=linked.id)
    return linked
