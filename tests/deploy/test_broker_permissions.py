"""What the generated definitions let each user do on the broker, held against the names that the chassis uses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chassis import topology

SHARED = (topology.RPC_EXCHANGE, topology.ALL_EVENTS_EXCHANGE, topology.ANNOUNCEMENTS_EXCHANGE)
REPLIES = "rpc.reply-customers-0198"
AMQP_DEFAULT = "amq.default"


class Rights:
    """One user's patterns."""

    def __init__(self, definitions: dict[str, Any], user: str) -> None:
        (self._names,) = (right for right in definitions["permissions"] if right["user"] == user)
        (self._keys,) = (right for right in definitions["topic_permissions"] if right["user"] == user)

    def may(self, action: str, *names: str) -> bool:
        return all(re.search(self._names[action], name) for name in names)

    def may_route(self, action: str, *keys: str) -> bool:
        return all(re.search(self._keys[action], key) for key in keys)


@pytest.fixture(scope="module")
def definitions(secrets: Path) -> dict[str, Any]:
    return json.loads((secrets / "rabbitmq_definitions.json").read_text(encoding="utf-8"))


def own_names(service: str) -> list[str]:
    return [
        topology.rpc_queue(service),
        topology.handler_queue(service, "forget_author"),
        topology.dead_letter_exchange(service),
        topology.dead_letter_queue(service),
        topology.delay_exchange(service, 5),
        topology.event_exchange(service),
        topology.audit_exchange(service),
    ]


def test_a_service_may_do_what_its_processes_do(definitions: dict[str, Any], services: list[str]) -> None:
    for service in services:
        rights = Rights(definitions, service)
        others = [topology.event_exchange(other) for other in services]
        assert rights.may("configure", *SHARED, topology.AUDIT_EXCHANGE, *own_names(service), *others, REPLIES)
        # To bind takes the right to write into the queue and to read from the exchange.
        assert rights.may("write", *SHARED, topology.AUDIT_EXCHANGE, *own_names(service), AMQP_DEFAULT, REPLIES)
        assert rights.may("read", topology.RPC_EXCHANGE, *own_names(service), *others, REPLIES)
        assert rights.may_route("read", f"{service}.*", REPLIES)
        assert rights.may_route("write", REPLIES, "auth.published_keys")


def test_only_auth_reads_what_all_services_tell_of_who_did_what(
    definitions: dict[str, Any], services: list[str]
) -> None:
    readers = [name for name in services if Rights(definitions, name).may("read", topology.AUDIT_EXCHANGE)]
    assert readers == ["auth"]
    assert not Rights(definitions, "gateway").may("read", topology.AUDIT_EXCHANGE)
    for service in services:
        for other in set(services) - {service}:
            assert not Rights(definitions, service).may("write", topology.audit_exchange(other))
            assert not Rights(definitions, service).may("read", topology.audit_exchange(other))


def test_a_service_cannot_speak_or_listen_in_anothers_name(definitions: dict[str, Any], services: list[str]) -> None:
    for service in services:
        rights = Rights(definitions, service)
        for other in set(services) - {service}:
            assert not rights.may("write", topology.event_exchange(other))
            assert not rights.may("read", topology.rpc_queue(other))
            assert not rights.may("read", topology.handler_queue(other, "forget_author"))
            assert not rights.may_route("read", f"{other}.*")
        assert not rights.may_route("read", "#")
        assert not rights.may_route("read", "*.*")


def test_the_gateway_calls_everybody_and_is_nobody(definitions: dict[str, Any], services: list[str]) -> None:
    rights = Rights(definitions, "gateway")
    # The live stream and the exchange beside it share a name; the queue of announcements begins with its owner's.
    own = ("gateway.live", f"gateway.{topology.ANNOUNCEMENTS_EXCHANGE}.0198", REPLIES)
    assert rights.may("configure", *SHARED, *own)
    assert rights.may("write", *own)
    assert rights.may("read", topology.ALL_EVENTS_EXCHANGE, topology.ANNOUNCEMENTS_EXCHANGE, *own)
    # This one leads into every queue, past all exchanges and what is said about them.
    assert not rights.may("write", AMQP_DEFAULT)
    assert rights.may_route("read", REPLIES)
    for service in services:
        assert rights.may_route("write", f"{service}.find_customers")
        assert not rights.may("write", topology.event_exchange(service))
        assert not rights.may("read", topology.rpc_queue(service))
        assert not rights.may_route("read", f"{service}.*")
    assert not rights.may_route("write", REPLIES)
