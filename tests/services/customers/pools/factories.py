"""Pools with rules, and the clock that a test sets."""

from datetime import UTC, datetime, timedelta

from tests.services.customers.factories import REP, etag

CHIEF = {"*": "all"}
SELLER = REP | {"pools:read": "own"}
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def pool(customers, chief, name="North", **fields):
    """A new pool, for everybody unless it is said for whom."""
    answer = customers.call("create_pool", chief, name=name, **({"everybody": True, "priority": 10} | fields))
    assert answer.status == 201, answer.body
    return answer.body


def changed(customers, chief, one, **fields):
    """A pool with other rules."""
    answer = customers.call("change_pool", chief, pool_id=one["id"], if_match=etag(one), **fields)
    assert answer.status == 200, answer.body
    return answer.body


def most(rule, count, role_id=None):
    """A limit of a pool."""
    return {"rule": rule, "most": count, "role_id": role_id}


class Clock:
    """What time it is to the code under test."""

    def __init__(self, monkeypatch, *modules):
        self.now = NOON
        for module in modules:
            monkeypatch.setattr(module, "now", lambda: self.now)

    def pass_by(self, **span):
        """Let time go by."""
        self.now += timedelta(**span)


def claim(customers, who, customer):
    """The answer to a claim."""
    return customers.call("claim_customer", who, customer_id=customer["id"])


def release(customers, who, customer, **why):
    """The answer to a release."""
    return customers.call("release_customer", who, customer_id=customer["id"], **why)


def refusal(answer):
    """What was refused by which rule, until when."""
    assert answer.status >= 400, answer.body
    return answer.body["type"], answer.body.get("rule"), answer.body.get("passes_at")
