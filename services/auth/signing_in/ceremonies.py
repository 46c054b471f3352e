"""Challenges that devices sign (WebAuthn level 3), and whether what they answer is good."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
import webauthn
from sqlalchemy import delete
from sqlalchemy.orm import Session
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import options_to_json_dict, parse_authentication_credential_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from chassis.clock import now
from chassis.context import settings_of
from chassis.ids import new_id
from services.auth.models import User
from services.auth.signing_in.models import CEREMONY_LIFE, Ceremony, Passkey

log = structlog.get_logger()

RP_NAME = "Rockpool"


def registration(session: Session, user: User, present: list[bytes]) -> dict[str, Any]:
    """Options for a new passkey of a person: one that finds its account by itself, and asks for finger or PIN."""
    options = webauthn.generate_registration_options(
        rp_id=_domain(session),
        rp_name=RP_NAME,
        user_id=user.id.bytes,
        user_name=user.email,
        user_display_name=user.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in present],
    )
    return _kept(session, "register", user.id, options.challenge, options_to_json_dict(options))


def authentication(session: Session, purpose: str, user_id: UUID | None, allowed: list[bytes]) -> dict[str, Any]:
    """Options for an answer by one of these passkeys; by any that the device has if none is named."""
    options = webauthn.generate_authentication_options(
        rp_id=_domain(session),
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in allowed],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _kept(session, purpose, user_id, options.challenge, options_to_json_dict(options))


def taken(session: Session, ceremony_id: UUID, purpose: str, user_id: UUID | None) -> bytes | None:
    """The challenge of a ceremony that is under way for this, which is over with that; None for any other."""
    fitting = delete(Ceremony).where(
        Ceremony.id == ceremony_id,
        Ceremony.purpose == purpose,
        Ceremony.user_id.is_(None) if user_id is None else Ceremony.user_id == user_id,
        Ceremony.expires_at > now(),
    )
    return session.scalar(fitting.returning(Ceremony.challenge))


def registered(session: Session, challenge: bytes, credential: dict[str, Any]) -> VerifiedRegistration | None:
    """What a device has registered; None if its answer is not good."""
    try:
        return webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_domain(session),
            expected_origin=_origin(session),
            require_user_verification=True,
        )
    except Exception as error:  # whatever foreign bytes lead the library to
        log.info("passkey not registered", reason=type(error).__name__)
        return None


def signed(
    session: Session, challenge: bytes, passkey: Passkey, credential: dict[str, Any]
) -> VerifiedAuthentication | None:
    """What a device says with its signature; None if it is not good, or its count has not grown."""
    try:
        return webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_domain(session),
            expected_origin=_origin(session),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception as error:  # as above
        log.info("passkey refused", reason=type(error).__name__)
        return None


def named(credential: dict[str, Any]) -> tuple[bytes, bytes | None]:
    """The ids of the passkey and of the account in an answer; an empty one if it cannot be read."""
    try:
        parsed = parse_authentication_credential_json(credential)
    except Exception:  # as above
        return b"", None
    return parsed.raw_id, parsed.response.user_handle


def forget_old(session: Session) -> None:
    """Delete the challenges that are over."""
    session.execute(delete(Ceremony).where(Ceremony.expires_at < now()))


def _kept(
    session: Session, purpose: str, user_id: UUID | None, challenge: bytes, options: dict[str, Any]
) -> dict[str, Any]:
    ceremony = Ceremony(id=new_id(), purpose=purpose, user_id=user_id, challenge=challenge)
    ceremony.expires_at = now() + CEREMONY_LIFE
    session.add(ceremony)
    return {"ceremony_id": ceremony.id, "options": options}


def _domain(session: Session) -> str:
    """The relying party id: the host that people see."""
    return urlsplit(settings_of(session).public_url).hostname or ""


def _origin(session: Session) -> str:
    parts = urlsplit(settings_of(session).public_url)
    return f"{parts.scheme}://{parts.netloc}"
