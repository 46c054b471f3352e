"""A message of a campaign as it travels, with the headers that bulk mail needs."""

from uuid import UUID

from chassis.mail.addresses import domain_of
from chassis.mail.letters import Content, Envelope, letter


def message_id(campaign_id: UUID, recipient_id: UUID, mail_from: str) -> str:
    """The same for the same recipient of the same campaign, so that it can be looked up in the log of a mail server."""
    return f"<{campaign_id.hex}.{recipient_id.hex}@{domain_of(mail_from)}>"


def bulk_letter(rendered: Content, *, mail_from: str, to: str, name: str, own_id: str, unsubscribe: str) -> Envelope:
    """A message of a campaign, with one-click unsubscription (RFC 2369, RFC 8058)."""
    headers = [
        ("Message-ID", own_id),
        ("List-Unsubscribe", f"<{unsubscribe}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Precedence", "bulk"),
        ("Auto-Submitted", "auto-generated"),
    ]
    return letter(rendered, mail_from=mail_from, to=to, name=name, headers=headers)
