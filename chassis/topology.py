"""The names and arguments of everything on the broker, in one place: queue arguments cannot be changed later."""

from typing import Any

RPC_EXCHANGE = "nameko-rpc"
ALL_EVENTS_EXCHANGE = "rockpool.events"
ANNOUNCEMENTS_EXCHANGE = "rockpool.announcements"
AUDIT_EXCHANGE = "rockpool.audit"
"""The audit entries of all services; they pass by the other events, so that no live stream carries them."""
AUDIT_EVENT = "EntriesGathered"
DELIVERY_LIMIT = 20
"""Deliveries of one message to crashing processes before it is parked; failures that are caught back off instead."""

EXCHANGE_TYPES = {
    RPC_EXCHANGE: "topic",
    ALL_EVENTS_EXCHANGE: "topic",
    ANNOUNCEMENTS_EXCHANGE: "fanout",
    AUDIT_EXCHANGE: "topic",
}


def rpc_queue(service: str) -> str:
    """The queue of a service's requests, named as nameko names it."""
    return f"rpc-{service}"


def event_exchange(service: str) -> str:
    """The exchange that a service's events go to, named as nameko names it."""
    return f"{service}.events"


def audit_exchange(service: str) -> str:
    """The exchange that a service's audit entries go to."""
    return f"{service}.audit"


def exchange_to(service: str, event_type: str) -> str:
    """Where a service publishes an event."""
    return audit_exchange(service) if event_type == AUDIT_EVENT else event_exchange(service)


def exchange_from(service: str, event_type: str) -> str:
    """Where an event of a service, or of all services, is to be had."""
    return AUDIT_EXCHANGE if event_type == AUDIT_EVENT else event_exchange(service)


def handler_queue(service: str, handler: str) -> str:
    """The queue of one event handler."""
    return f"{service}.{handler}"


def dead_letter_exchange(service: str) -> str:
    """Where messages go that were delivered too often."""
    return f"{service}.dead"


def dead_letter_queue(service: str) -> str:
    """The queue from which ``work`` parks such messages."""
    return f"{service}.dead"


def delay_exchange(service: str, seconds: float) -> str:
    """Messages sent here come back to the queue that their routing key names, after some time."""
    return f"{service}.delay.{round(seconds * 1000)}"


def handler_queue_arguments(service: str) -> dict[str, Any]:
    """A quorum queue that hands what was delivered too often to the dead letters and loses nothing on the way."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": dead_letter_exchange(service),
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def delay_queue_arguments(seconds: float) -> dict[str, Any]:
    """A quorum queue whose messages go back, by the default exchange, to the queue named by their routing key."""
    return {
        "x-queue-type": "quorum",
        "x-message-ttl": round(seconds * 1000),
        "x-dead-letter-exchange": "",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def dead_letter_queue_arguments() -> dict[str, Any]:
    """A quorum queue without a limit: what is here has nowhere else to go."""
    return {"x-queue-type": "quorum"}
