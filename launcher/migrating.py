"""Migrations as a command of their own: beside a running suite, or with the database server started just for them."""

from launcher.gateway_port import FIRST
from launcher.places import Places
from launcher.progress import Progress
from launcher.secret_files import Secrets
from launcher.servers import StartFailed, broker_of, migrate, postgres_of, provide_database
from launcher.state import hold
from launcher.suite import SERVICES, Addresses

# No migration sends mail or calls the gateway; services only refuse to read settings that lack an address.
_NOWHERE = Addresses(FIRST, "smtp://127.0.0.1:25")


def migrate_all(places: Places) -> int:
    """Bring every database up to date; 1 if one could not be."""
    places.prepare()
    lock, postgres, secrets = hold(places.lock), postgres_of(places), Secrets(places.secrets)
    progress = Progress()
    secrets.keep("amqp_url", broker_of(places).amqp_url())
    try:
        if lock is not None:
            postgres.start()
        for service in SERVICES:
            provide_database(postgres, service, secrets)
            migrate(service, places, secrets, _NOWHERE)
            progress.tell(f"{service}: database up to date")
    except StartFailed as problem:
        print(problem)
        return 1
    finally:
        if lock is not None:
            postgres.stop()
            lock.close()
    return 0
