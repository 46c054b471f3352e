"""Customers: every operation, for every built-in role, on records of every relation, does what the policy says."""

from typing import Any

import pytest

from chassis.identity import masks
from services.auth.built_in_roles import BUILT_IN_RULES
from services.customers.service import CustomersService
from tests.policy.customers_beside import beside
from tests.policy.rules import RELATIONS, ROLES, anybody, both, by_reach, covers, has, only_own, pooled_or, sight
from tests.policy.table import Row, differences, walk
from tests.policy.world import World
from tests.services.customers.factories import enforcing, upload

FIELDS: dict[str, Any] = {
    "phone": "+8613800000005",
    "email": "zhang.wei@example.com",
    "address": "1 Harbour Street",
    "revenue": "12.5",
    "employees": 7,
    "description": "Makes pumps.",
    "tags": ["key"],
    "sector": "software",
    "source": "fair",
    "grade": "A",
    "lifecycle_stage": "prospect",
    "contract_ends_at": "2031-01-01T00:00:00Z",
    "last_deal_at": "2026-01-01T00:00:00Z",
}
MASKED = {
    "phone": masks.phone(FIELDS["phone"]),
    "email": masks.email(FIELDS["email"]),
    "address": masks.text(FIELDS["address"]),
}


NEED = {"kind": "need", "topic": "pumps", "value": "Two", "source": "call", "evidence": "Asked for them"}


REPORT = {"kind": "website", "value": "https://example.org/", "source": "call", "evidence": "Said so"}


class Customers(World):
    """Customers with a contact and, where somebody else is to see them, a share."""

    def __init__(self, service):
        super().__init__(service)
        enforcing(service)  # all of them have the same number, and that one exists is no secret (see the test of it)
        self.records = {}
        common = {relation: self._customer(relation, None) for relation in ("team", "below", "stranger", "pool")}
        for role in ROLES:
            for relation in RELATIONS:
                self.records[role, relation] = common.get(relation) or self._customer(relation, role)
        self.files = {role: upload(service, self.of_role[role], "name\nNew\n") for role in ROLES}
        self.service.directory.refresh()

    def _customer(self, relation, role):
        admin, owner = self.admin, self.owner(role, relation) if role else self.people.get(relation)
        record = self.done("create_customer", admin, name=f"{relation} of {role}", in_pool=relation == "pool", **FIELDS)
        contact = self.done("add_contact", admin, customer_id=record["id"], name="Zhang Wei", phone=FIELDS["phone"])
        site = {"kind": "website", "value": "https://example.com/"}
        channels = self.done("add_channel", admin, customer_id=record["id"], **site)["items"]
        if owner and owner is not self.admin:
            self.done("assign_customer", admin, customer_id=record["id"], owner_id=owner.id)
        share = {"id": admin.id}
        if relation in ("shared", "lent"):
            terms = {"grantee_id": self.of_role[role].id, "may_change": relation == "lent"}
            share = self.done("share_customer", admin, customer_id=record["id"], **terms)
        whole = self.done("get_customer", admin, customer_id=record["id"])
        etag, pooled = f'"{whole["version"]}"', relation == "pool"
        known = {"id": record["id"], "contact": contact["id"], "share": share["id"]}
        return known | {
            "etag": etag,
            "pooled": pooled,
            "channel": next(one["id"] for one in channels if one["kind"] == "website"),
            "address": self.done("customer_addresses", admin, customer_id=record["id"])["items"][0]["id"],
        }

    def customer(self, **more):
        def arguments(role, relation):
            record = self.records[role, relation]
            return {"customer_id": record["id"], **more}

        return arguments

    def several(self, **more):
        return lambda role, relation: {"customer_ids": [self.records[role, relation]["id"]], **more}

    def guarded(self, **more):
        def arguments(role, relation):
            record = self.records[role, relation]
            return {"customer_id": record["id"], "if_match": record["etag"], **more}

        return arguments

    def channel(self, **more):
        """What of it is under no rules of a built-in role."""
        known = self.guarded(**more)
        return lambda *key: {**known(*key), "channel_id": self.records[key]["channel"]}

    def address(self, **more):
        known = self.guarded(**more)
        return lambda *key: {**known(*key), "address_id": self.records[key]["address"]}

    def contact(self, **more):
        return lambda role, relation: {"contact_id": self.records[role, relation]["contact"], **more}

    def merging(self):
        """One of the person's own goes into the customer; into his own goes one of his team."""

        def arguments(role, relation):
            loser = self.records[role, "team" if relation == "own" else "own"]
            return {"customer_id": self.records[role, relation]["id"], "losers": [loser["id"]]}

        return arguments

    def related(self, role, relation):
        """A relation that has but one end: whoever may change the customer hears 409."""
        record = self.records[role, relation]
        return {"customer_id": record["id"], "to_id": record["id"], "kind": "partner_of"}

    def share(self):
        return lambda role, relation: {
            "customer_id": self.records[role, relation]["id"],
            "share_id": self.records[role, relation]["share"],
        }


@pytest.fixture
def world(tested):
    return Customers(tested(CustomersService))


ONE = ("own",)


def table(world):
    change, sharing = covers("customers:change"), both(by_reach("customers:read"), by_reach("customers:share"))
    assigning = both(sight, pooled_or(by_reach("customers:assign")))
    colleague = world.people["team"].id
    return {
        "get_customer": Row(sight, world.customer()),
        "change_customer": Row(change, world.guarded(name="Another")),
        "find_subsidiaries": Row(sight, world.customer()),
        "customer_owners": Row(sight, world.customer()),
        "grade_customer": Row(change, world.customer(grade="B")),
        "move_customer": Row(change, world.customer(stage="customer")),
        "customer_standings": Row(sight, world.customer()),
        "customer_quality": Row(sight, world.customer()),
        "verify_customer": Row(change, world.customer(fields=["city"])),
        "customer_needs": Row(sight, world.customer()),
        "note_need": Row(change, world.customer(**NEED)),
        "customer_channels": Row(sight, world.customer()),
        "add_channel": Row(change, world.customer(kind="website", value="https://example.org/")),
        "change_channel": Row(change, world.channel(state="verified")),
        "remove_channel": Row(change, world.channel()),
        "customer_addresses": Row(sight, world.customer()),
        "add_address": Row(change, world.customer(lines=["2 Quay Road"]), otherwise=("field-read-only",)),
        "change_address": Row(change, world.address(kind="billing"), otherwise=("field-read-only",)),
        "remove_address": Row(change, world.address(), otherwise=("field-read-only",)),
        "report_channel": Row(covers("customers:report"), world.customer(**REPORT)),
        "channel_reports": Row(sight, world.customer()),
        "customer_relations": Row(sight, world.customer()),
        "add_relation": Row(change, world.related),
        "customer_network": Row(sight, world.customer()),
        "customer_path": Row(sight, lambda *who: world.customer(to_id=world.records[who]["id"])(*who)),
        "customer_position": Row(sight, world.customer()),
        "customer_suggestions": Row(sight, world.customer()),
        "customer_group": Row(sight, world.customer()),
        "find_custom_fields": Row(anybody, lambda *_: {}, ONE),
        "add_custom_field": Row(anybody, lambda *_: {"key": "budget", "label": "Budget", "kind": "number"}, ONE),
        "find_terms": Row(anybody, lambda *_: {"dictionary": "grade"}, ONE),
        "add_term": Row(anybody, lambda *_: {"dictionary": "grade", "code": "Z", "name": "Z"}, ONE),
        "add_contact": Row(change, world.customer(name="New")),
        "get_contact": Row(sight, world.contact()),
        "change_contact": Row(change, world.contact(name="Other", if_match='"1"')),
        "remove_contact": Row(change, world.contact()),
        "claim_customer": Row(sight, world.customer()),
        "release_customer": Row(both(sight, pooled_or(by_reach("customers:release"))), world.customer()),
        "assign_customer": Row(assigning, world.customer(owner_id=colleague)),
        "pool_clock_of": Row(sight, world.customer()),
        "protect_customer": Row(both(sight, only_own), world.customer(days=1)),
        "unprotect_customer": Row(both(sight, only_own), world.customer()),
        "claim_customers": Row(anybody, world.several()),
        "release_customers": Row(anybody, world.several()),
        "assign_customers": Row(anybody, world.several(owner_id=colleague)),
        "match_pool": Row(sight, world.customer()),
        "customer_shares": Row(sharing, world.customer()),
        "share_customer": Row(sharing, world.customer(grantee_id=colleague)),
        "revoke_customer_share": Row(both(sharing, lambda _, relation: relation in ("shared", "lent")), world.share()),
        "merge_customers": Row(by_reach("customers:merge"), world.merging()),
        "preview_merge": Row(by_reach("customers:merge"), world.merging()),
        "find_merges": Row(anybody, lambda *_: {}, ONE),
        "list_duplicates": Row(anybody, lambda *_: {}, ONE),
        "start_finding": Row(anybody, lambda *_: {}, ONE),
        "check_customer": Row(anybody, lambda *_: {"name": "New"}, ONE),
        "create_customer": Row(anybody, lambda *_: {"name": "New"}, ONE),
        "find_customers": Row(anybody, lambda *_: {}, ONE),
        "search": Row(anybody, lambda *_: {"q": "of"}, ONE),
        "suggest": Row(anybody, lambda *_: {"q": "of"}, ONE),
        "find_pool_customers": Row(anybody, lambda *_: {}, ONE),
        "import_customers": Row(anybody, lambda role, _: {"file": world.files[role]}, ONE),
        "suggest_mapping": Row(anybody, lambda role, _: {"file": world.files[role]}, ONE),
        "import_template": Row(anybody, lambda *_: {"format": "csv"}, ONE),
        "export_customers": Row(anybody, lambda *_: {}, ONE),
        "get_hold": Row(by_reach("privacy:read"), world.customer()),
        "hold_customer": Row(by_reach("privacy:hold"), world.customer(reason="Lawsuit")),
        "lift_hold": Row(by_reach("privacy:hold"), world.customer()),
        "get_retention": Row(anybody, lambda *_: {}, ONE),
        "set_retention": Row(anybody, lambda *_: {"rules": [], "if_match": '"1"'}, ONE),
        "preview_retention": Row(anybody, lambda *_: {}, ONE),
    } | beside(world)


def test_every_operation_agrees_with_the_policy_and_refusals_leave_no_trace(world):
    whole = table(world)
    assert differences(CustomersService, whole) == set()
    made, disagreements = walk(world, whole)
    assert disagreements == []
    assert made > 800


def test_lists_have_just_the_records_in_sight(world):
    for role in ROLES:
        seen = {
            record["id"]
            for (of, relation), record in world.records.items()
            if sight(
                role, relation if of == role or relation in ("team", "below", "stranger", "pool") else other(relation)
            )
        }
        if has(role, "customers:read"):
            assert listed(world, role) == seen, role


def other(relation):
    """What others' own customers are to a person: a colleague's; what is shared with others is a stranger's."""
    return {"own": "team", "shared": "stranger", "lent": "stranger"}.get(relation, relation)


def listed(world, role):
    found, cursor = set(), None
    while True:
        page = world.done("find_customers", world.of_role[role], limit=200, **({"cursor": cursor} if cursor else {}))
        found |= {one["id"] for one in page["items"]}
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_fields_are_as_the_rules_say_in_lists_and_in_records(world):
    for role in ROLES:
        for relation in RELATIONS:
            if sight(role, relation) and has(role, "customers:read"):
                record = world.records[role, relation]
                whole = world.done("get_customer", world.of_role[role], customer_id=record["id"])
                assert fields(whole) == allowed(role, relation, FIELDS), (role, relation)
                assert whole["contacts"][0].get("phone") == allowed(role, relation, FIELDS).get("phone")
        if has(role, "customers:read"):
            mine = world.records[role, "own"]["id"]
            for item in world.done("find_customers", world.of_role[role], limit=200)["items"]:
                known = {name: value for name, value in FIELDS.items() if name != "description"}
                assert fields(item) == allowed(role, "own" if item["id"] == mine else "stranger", known)


def fields(record):
    return {name: record[name] for name in FIELDS if name in record}


def allowed(role, relation, known):
    """The fields as the built-in rules leave them."""
    rules = BUILT_IN_RULES.get(role, {}).get("customers", {})
    left = {}
    for name, value in known.items():
        rule = rules.get(name, "full")
        access = rule if isinstance(rule, str) else rule["own" if relation == "own" else "others"]
        if access != "hidden":
            left[name] = MASKED[name] if access == "masked" else value
    return left


BULK = {
    "claim_customers": sight,
    "release_customers": both(sight, pooled_or(by_reach("customers:release"))),
    "assign_customers": both(sight, pooled_or(by_reach("customers:assign"))),
}


def test_bulk_operations_tell_of_each_record_what_single_ones_do(world):
    colleague = world.people["team"].id
    for operation, rule in BULK.items():
        needs = world.service.service.operations()[operation].needs
        more = {"owner_id": colleague} if operation == "assign_customers" else {}
        for role in [one for one in ROLES if has(one, needs)]:
            for relation in RELATIONS:
                arguments = world.several(**more)(role, relation)
                answer = world.tried(operation, world.of_role[role], undone=True, **arguments)
                (item,) = answer.body["items"]
                assert (item["problem"] != "not-found") == rule(role, relation), (operation, role, relation, item)
