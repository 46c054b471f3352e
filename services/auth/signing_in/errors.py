"""What the ways of proving oneself refuse, and why."""

from typing import Any, ClassVar

from chassis.errors import Conflict, Forbidden, Invalid, Unauthenticated

FACTORS = ["totp", "passkey", "recovery_code"]


class SecondFactorRequired(Unauthenticated):
    """The password is right, and the account has a second factor."""

    slug, title = "second-factor-required", "Prove with a second factor that it is you"
    members: ClassVar[dict[str, Any]] = {
        "second_factor": {
            "type": "array",
            "items": {"type": "string", "enum": FACTORS},
            "description": "With `second-factor-required`: what the account can prove itself with.",
            "example": FACTORS,
        },
        "ticket": {
            "type": "string",
            "description": "With `second-factor-required`: for `POST /auth/second-factor`, within five minutes.",
            "example": "q1W2…",
        },
    }

    def __init__(self, factors: list[str], ticket: str) -> None:
        super().__init__()
        self._own = {"second_factor": factors, "ticket": ticket}

    def as_dict(self) -> dict[str, Any]:
        """The problem with the ticket."""
        return super().as_dict() | self._own


class SecondFactorToSetUp(Unauthenticated):
    """The password is right, but the house asks for a second factor, and the account has none."""

    slug, title = "second-factor-to-set-up", "Set up a second factor to come in"
    members: ClassVar[dict[str, Any]] = {
        "enrolment_ticket": {
            "type": "string",
            "description": "With `second-factor-to-set-up`: for `POST /auth/enrolment/…`, within a quarter of an hour.",
            "example": "q1W2…",
        },
    }

    def __init__(self, ticket: str) -> None:
        super().__init__()
        self._own = {"enrolment_ticket": ticket}

    def as_dict(self) -> dict[str, Any]:
        """The problem with the ticket."""
        return super().as_dict() | self._own


class OneProofWanted(Invalid):
    """None was sent, or several."""

    slug, title = "one-proof-wanted", "Send exactly one proof"


class TicketRefused(Unauthenticated):
    """The log-in took too long or too many tries, or the account has changed."""

    slug, title = "ticket-refused", "Begin the log-in anew"


class SecondFactorRefused(Unauthenticated):
    """The second factor does not convince."""

    slug, title = "second-factor-refused", "The second factor is wrong or was used before"


class PasskeyRefused(Unauthenticated):
    """The answer of the device does not convince: unknown, too late, for something else, or a copy's."""

    slug, title = "passkey-refused", "The passkey was not accepted"


class ProofRefused(Forbidden):
    """The proof that was asked for again is wrong."""

    slug, title = "proof-refused", "This does not prove that it is you"


class WrongCode(Forbidden):
    """The code is not that of the app."""

    slug, title = "wrong-code", "The code is wrong, too old or was used before"


class PasskeyNotRegistered(Forbidden):
    """The device's answer to the registration does not fit it."""

    slug, title = "passkey-not-registered", "The passkey could not be registered"


class TotpThere(Conflict):
    """There is an authenticator app; it has to be removed before another one is set up."""

    slug, title = "totp-there", "You have an authenticator app; remove it first"


class LastFactor(Conflict):
    """The house asks for a second factor."""

    slug, title = "last-factor", "You must keep one second factor; set up another one first"


class TotpNotBegun(Conflict):
    """There is nothing to confirm."""

    slug, title = "totp-not-begun", "Begin to set up an authenticator app first"


class PasskeyThere(Conflict):
    """The device has been registered before."""

    slug, title = "passkey-there", "This passkey is registered already"


class TooManyPasskeys(Conflict):
    """There are enough."""

    slug, title = "too-many-passkeys", "You have 20 passkeys; remove one first"
