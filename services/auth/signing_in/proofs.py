"""What somebody sends to prove who he is: just one of a password, a code, or an answer of his device."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from services.auth import passwords
from services.auth.models import User
from services.auth.signing_in import passkeys, recovery, totp
from services.auth.signing_in.errors import OneProofWanted


@dataclass(frozen=True)
class Proof:
    """One proof; ``factor`` says of which kind."""

    factor: str
    value: Any

    @classmethod
    def of(cls, **given: Any) -> "Proof":
        """The one that was given; raises OneProofWanted for none or several."""
        present = [(factor, value) for factor, value in given.items() if value is not None]
        if len(present) != 1:
            raise OneProofWanted(f"One of {', '.join(given)}")
        return cls(*present[0])

    def convinces(self, session: Session, user: User, purpose: str) -> bool:
        """Whether it proves that this person is there; codes and challenges are spent by asking."""
        if self.factor == "password":
            return passwords.matches(user.password_hash, self.value)
        if self.factor == "totp":
            return totp.accepts(session, user, self.value)
        if self.factor == "recovery_code":
            return recovery.accepts(session, user, self.value)
        return passkeys.accepts(session, user, purpose, **self.value)
