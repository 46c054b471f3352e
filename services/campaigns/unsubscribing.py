"""Who wants no more marketing mail: by the link in each message (RFC 8058), or entered by hand."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.context import settings_of
from chassis.encryption.columns import vault_of
from chassis.errors import Invalid, NotFound
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.ids import new_id
from chassis.mail.addresses import normalised
from services.campaigns import pages
from services.campaigns.announcements import announce_unsubscribed
from services.campaigns.errors import AlreadyUnsubscribed
from services.campaigns.links import NOBODY, Link
from services.campaigns.models import Campaign, Recipient, Unsubscription
from services.campaigns.sealing import PLACE, mark_of


def ask_to_unsubscribe(session: Session, caller: Caller | None, token: str) -> dict[str, Any]:
    """Show the page behind the unsubscribe link of a message; opening it alone unsubscribes nobody."""
    link = _link(session, token)
    if link.recipient_id == NOBODY:
        return pages.test()
    recipient = _recipient(session, link)
    return pages.done() if _is_unsubscribed(session, recipient.address) else pages.question()


def unsubscribe(session: Session, caller: Caller | None, token: str, one_click: str) -> dict[str, Any]:
    """Unsubscribe the recipient of a message from all marketing mail, also by one click of a mail program (RFC 8058).

    A second time changes nothing.
    """
    link = _link(session, token)
    if link.recipient_id == NOBODY:
        return pages.test()
    recipient = _recipient(session, link)
    campaign = session.get_one(Campaign, link.campaign_id)
    origin = {"owner_id": campaign.owner_id, "team_id": campaign.team_id, "campaign_id": campaign.id}
    address = normalised(vault_of(session).open(recipient.email, PLACE, recipient.customer_id)) or ""
    whose = {"customer_id": recipient.customer_id, "contact_id": recipient.contact_id}
    _add(session, address, source="link", **whose, **origin)
    return pages.done()


def add_unsubscription(session: Session, caller: Caller, address: str, note: str | None) -> Unsubscription:
    """Enter somebody who has said in another way that he wants no more marketing mail."""
    usable = normalised(address)
    if usable is None:
        raise Invalid.field("/address", "This is no address that mail can be sent to.")
    owner = {"owner_id": caller.user_id, "team_id": caller.main_team}
    added = _add(session, usable, source="manual", note=note, **owner)
    if added is None:
        raise AlreadyUnsubscribed
    return added


def lift_unsubscription(session: Session, caller: Caller, unsubscription_id: UUID, note: str) -> Unsubscription:
    """Note that somebody wants marketing mail again, and how you know; the entry itself stays."""
    own = select(Unsubscription).where(
        Unsubscription.id == unsubscription_id, visible(Unsubscription, caller, "campaigns:change")
    )
    unsubscription = session.scalar(own.with_for_update())
    if unsubscription is None:
        raise NotFound
    unsubscription.lift(caller.user_id, note)
    return unsubscription


def _link(session: Session, token: str) -> Link:
    link = Link.read(token, settings_of(session).secret_key)
    if link is None:
        raise NotFound
    return link


def _recipient(session: Session, link: Link) -> Any:
    wanted = select(
        Recipient.address, Recipient.email_sealed.label("email"), Recipient.customer_id, Recipient.contact_id
    )
    row = session.execute(
        wanted.where(Recipient.id == link.recipient_id, Recipient.campaign_id == link.campaign_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def _add(session: Session, address: str, contact_id: UUID | None = None, **known: Any) -> Unsubscription | None:
    """A new entry, or None if the address is on the list already."""
    vault, row_id = vault_of(session), new_id()
    sealed = vault.seal(address, "unsubscriptions.address", row_id)
    row = insert(Unsubscription).values(id=row_id, address_hash=mark_of(vault, address), address_sealed=sealed, **known)
    row = row.on_conflict_do_nothing(index_elements=["address_hash"], index_where=Unsubscription.lifted_at.is_(None))
    added = session.scalar(row.returning(Unsubscription))
    if added is not None:
        announce_unsubscribed(session, added, contact_id)
    return added


def _is_unsubscribed(session: Session, mark: bytes) -> bool:
    standing = select(Unsubscription.id).where(Unsubscription.address_hash == mark, Unsubscription.lifted_at.is_(None))
    return session.scalar(standing) is not None
