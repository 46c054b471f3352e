"""What people see of their factors."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.identity.caller import Caller
from services.auth.signing_in import recovery
from services.auth.signing_in.models import Passkey, TotpDevice


def find_factors(session: Session, caller: Caller) -> dict[str, Any]:
    """What you can prove yourself with beside your password."""
    app = select(TotpDevice.confirmed_at).where(TotpDevice.user_id == caller.user_id)
    columns = (Passkey.id, Passkey.name, Passkey.created_at, Passkey.last_used_at)
    passkeys = select(*columns).where(Passkey.user_id == caller.user_id).order_by(Passkey.id)
    return {
        "totp_since": session.scalar(app),
        "passkeys": [dict(row._mapping) for row in session.execute(passkeys)],
        "recovery_codes_left": recovery.unused(session, caller.user_id),
    }
