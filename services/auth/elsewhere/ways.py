"""The seam: each way to log in elsewhere is a class with two methods, registered under the kind of its providers.

OpenID Connect is one of them. WeCom, DingTalk and Feishu have code flows of their own (other parameters, a token of
the application first, no ID token): each becomes a class here with the same two methods, and nothing else changes.
"""

from dataclasses import dataclass
from typing import Protocol

from chassis.outgoing import Outgoing
from services.auth.elsewhere.models import IdentityProvider


@dataclass(frozen=True)
class Begun:
    """What only this attempt knows: derived from a secret of the browser, so that nobody can bring another's answer."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str


@dataclass(frozen=True)
class Identity:
    """Whom the provider has recognised."""

    subject: str
    email: str | None = None
    email_verified: bool = False


class Way(Protocol):
    """One way to log in elsewhere."""

    def address(self, provider: IdentityProvider, begun: Begun, outgoing: Outgoing) -> str:
        """Where the browser goes; raises OutgoingRefused."""

    def identity(self, provider: IdentityProvider, begun: Begun, code: str, outgoing: Outgoing) -> Identity:
        """Whom the code stands for; raises OutgoingRefused, and ValueError for what proves nothing."""
