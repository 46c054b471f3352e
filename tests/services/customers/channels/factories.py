"""What the tests of channels have in common."""

from typing import Any

from chassis.testing.tested import Person, TestedService
from tests.services.customers.factories import seen


def listed(customers: TestedService, who: Person, customer: dict[str, Any]) -> list[dict[str, Any]]:
    """The channels of a customer that the person sees."""
    answer = customers.call("customer_channels", who, customer_id=customer["id"])
    assert answer.status == 200, answer.body
    items: list[dict[str, Any]] = answer.body["items"]
    return items


def add(customers: TestedService, who: Person, customer: dict[str, Any], kind: str, value: str, **said: Any) -> Any:
    """The answer to a new channel."""
    return customers.call("add_channel", who, customer_id=customer["id"], kind=kind, value=value, **said)


def added(
    customers: TestedService, who: Person, customer: dict[str, Any], kind: str, value: str, **said: Any
) -> dict[str, Any]:
    """A new channel as it is listed."""
    answer = add(customers, who, customer, kind, value, **said)
    assert answer.status == 201, answer.body
    before = {one["value"] for one in answer.body["items"]}
    assert value in before, before
    return next(one for one in answer.body["items"] if one["value"] == value)


def change(customers: TestedService, who: Person, customer: dict[str, Any], channel: dict[str, Any], **now: Any) -> Any:
    """The answer to a change of a channel of the customer as it is at present."""
    guard = f'"{seen(customers, who, customer["id"])["version"]}"'
    ids = {"customer_id": customer["id"], "channel_id": channel["id"]}
    return customers.call("change_channel", who, **ids, if_match=guard, **now)


def told(channels: list[dict[str, Any]]) -> list[tuple[str, bool, str]]:
    """Value, whether it is primary, and state of each."""
    return [(one["value"], one["primary"], one["state"]) for one in channels]
