"""What auth keeps sealed gets the newest key, too: secrets of authenticator apps, filters of what leavers exported."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from chassis.clock import now
from chassis.encryption import resealing
from chassis.encryption.columns import vault_of
from chassis.ids import new_id
from chassis.testing import keys
from chassis.testing.tested import TestedService
from services.auth.leaving.models import Departure, DepartureExport
from services.auth.leaving.progress import place_of
from services.auth.service import AuthService
from services.auth.signing_in.models import TotpDevice

FILTER = {"field": "name", "op": "eq", "value": "Somebody"}
SECRET = "JBSWY3DPEHPK3PXP"


def enter(house, user_id):
    """An authenticator app, and a departure with what was exported before."""
    with house.auth.session() as session:
        session.add(TotpDevice(user_id=user_id, secret=SECRET))
        departure = Departure(id=new_id(), user_id=user_id, hand_over_to=user_id, by=user_id, job_id=new_id())
        session.add(departure)
        session.flush()
        export_id = new_id()
        sealed = vault_of(session).seal_json(FILTER, place_of(departure.id, export_id))
        about = {"service": "customers", "resource": "customers", "rows": 1, "state": "done", "at": now()}
        session.add(DepartureExport(departure_id=departure.id, id=export_id, filter=sealed, **about))


def test_a_rotation_seals_anew_what_auth_keeps(house):
    enter(house, UUID(house.user("Rep")["id"]))
    both = keys.ENCRYPTION_KEYS.with_new("2")
    rotated, alone = (
        TestedService(AuthService, replace(house.auth.settings, encryption_keys=ring))
        for ring in (both, both.without("1"))
    )
    try:
        with rotated.session() as session:
            left = resealing.remaining(session)
            assert (left["totp_devices"], left["departure_exports"]) == (1, 1)
            resealing.start(session)
        rotated.run_jobs()
        with alone.session() as session:
            assert not any(resealing.remaining(session).values())
            assert session.scalars(select(TotpDevice)).one().secret == SECRET
            export = session.scalars(select(DepartureExport)).one()
            place = place_of(export.departure_id, export.id)
            assert vault_of(session).open_json(export.filter, place) == FILTER
    finally:
        rotated.close()
        alone.close()
