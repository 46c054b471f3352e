"""From the note of a command to the signed chain, through real processes and a real broker."""

from chassis.bus import BusClient
from chassis.testing.processes import ServiceProcess
from services.auth.auditing import checkpoints
from services.auth.auditing.verifying import verify
from services.auth.service import AuthService
from tests.chassis.test_hosting import eventually
from tests.services.auth.factories import ADMIN_EMAIL, ADMIN_PASSWORD, House

LOG_INS = "SELECT count(*) FROM audit_chain WHERE action = 'log_in'"


def test_what_is_done_in_a_service_is_chained_and_signed_moments_later(tested, broker, tmp_path):
    settings = {"amqp_url": broker.amqp_url(), "admin_email": ADMIN_EMAIL, "admin_password": ADMIN_PASSWORD}
    auth = tested(AuthService, **settings)
    House(auth)
    log = tmp_path / "auth.log"
    with (
        ServiceProcess("serve", "services.auth", auth.settings, log) as serving,
        ServiceProcess("work", "services.auth", auth.settings, log) as working,
    ):
        serving.wait_ready()
        working.wait_ready()
        bus = BusClient(broker.amqp_url())
        assert bus.wait_connected(20)
        bus.call_json("auth", "log_in", {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}, timeout=20)
        bus.close()
        assert eventually(lambda: auth.scalar(LOG_INS) == 2, 30)
        assert eventually(lambda: auth.blobs.exists(checkpoints.NEWEST), 30)
    assert verify(auth.runtime).sound
