"""What a process of a service holds while it lives."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chassis import explaining, outbox
from chassis.blobs import BlobStore, open_blob_store
from chassis.bus import BusClient
from chassis.custom_fields.defined import CustomFields
from chassis.database import Database
from chassis.encryption import columns
from chassis.encryption.files import SealedBlobStore
from chassis.encryption.suite import EventSealer
from chassis.encryption.vault import Vault
from chassis.identity.directory import Directory
from chassis.readings import Readings
from chassis.service import Service
from chassis.settings import Settings
from chassis.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Runtime:
    """A service with its settings, database, directory and files; the same for ``serve``, ``work`` and tests."""

    service: type[Service]
    settings: Settings
    database: Database
    directory: Directory
    blobs: BlobStore
    vault: Vault
    event_sealer: EventSealer
    readings: Readings
    custom_fields: CustomFields

    @classmethod
    def of(cls, service: type[Service], settings: Settings, *, connections: int) -> "Runtime":
        """Open what the settings name; nothing connects before it is used."""
        database = Database(settings.database_url, connections=connections)
        vault = Vault(settings.encryption_keys, service.name, settings.secret_key)
        columns.install(service.metadata, vault)
        return cls(
            service,
            settings,
            database,
            Directory(database),
            SealedBlobStore(open_blob_store(settings.blob_store), settings.suite_keys),
            vault,
            EventSealer(settings.suite_keys),
            Readings(database),
            CustomFields(database, service.custom_fields),
        )

    def refresh(self) -> None:
        """Read again what has changed of what this process keeps in memory: the directory, and custom fields."""
        self.directory.refresh()
        self.custom_fields.refresh()

    @cached_property
    def bus(self) -> BusClient:
        """The client of the bus, for jobs; it connects when it is first asked for."""
        client = BusClient(self.settings.amqp_url, name=self.service.name)
        client.wait_connected(5)
        return client

    def ask(self, service: str, method: str, arguments: dict[str, Any], timeout: float = 5.0) -> Any:
        """Ask another service over the bus; raises Problem."""
        return self.bus.call_json(service, method, arguments, timeout=timeout)

    @property
    def context(self) -> dict[str, Any]:
        """What functions find through their session: see ``chassis.context``."""
        return {
            "service": self.service.name,
            "directory": self.directory,
            "custom_fields": self.custom_fields,
            "blobs": self.blobs,
            "settings": self.settings,
            "resources": self.service.resources,
            "explained": explaining.owned_models(self.service.metadata),
            columns.VAULT: self.vault,
            outbox.EVENT_SEALER: self.event_sealer,
            "audited": self.service.audited,
            "service_class": self.service,
            "ask": self.ask,
        }

    def units(self) -> dict[str, UnitOfWork]:
        """Every operation of the service, ready to be called, by name."""
        operations = self.service.operations().items()
        made = (self.database, self.directory, self.context, self.readings)
        return {name: UnitOfWork(one, *made) for name, one in operations}
