"""The score that is kept is the score that follows, whatever has happened to a customer."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from services.customers.models import Customer
from tests.services.customers.factories import ADMIN, created, enforcing, etag, imported, seen, undone
from tests.services.customers.quality.factories import agreed, asked, begin_day, contacted, frozen, kept, standard

VALUES = st.fixed_dictionaries(
    {},
    optional={
        "phone": st.sampled_from([None, "+49 40 123456", "no number 1", "13912345678"]),
        "email": st.sampled_from([None, "sales@example.com"]),
        "country": st.sampled_from([None, "China", "Nowhere"]),
        "website": st.sampled_from([None, "https://example.com/"]),
        "industry": st.sampled_from([None, "C36"]),
        "registration_number": st.sampled_from([None, "91110000600037341L", "HRB 7"]),
        "kind": st.sampled_from(["person", "organisation"]),
    },
)
CRITERIA = st.dictionaries(
    st.sampled_from(["phone", "email", "country", "website", "industry", "registration_number", "contact"]),
    st.tuples(st.integers(1, 9), st.sampled_from([None, 1, 5, 30])),
    min_size=1,
).map(lambda some: asked(**some))
STAGES = st.sampled_from(["lead", "prospect", "customer", "lost"])


@pytest.fixture
def admin(customers):
    enforcing(customers)
    return customers.person("Admin", ADMIN)


class Lives(RuleBasedStateMachine):
    """Customers to whom things happen in any order, and a house that changes its mind."""

    service: Any
    admin: Any
    clock: Any

    @initialize()
    def begin(self):
        self.ids = []

    def call(self, operation, **arguments):
        return self.service.call(operation, self.admin, **arguments)

    def one(self, data):
        if not self.ids:
            self.enter({})
        return seen(self.service, self.admin, data.draw(st.sampled_from(self.ids)))

    @rule(fields=VALUES)
    def enter(self, fields):
        customer = created(self.service, self.admin, name="Example", **fields)
        self.ids.append(customer["id"])

    @rule(data=st.data(), fields=VALUES)
    def change(self, data, fields):
        customer = self.one(data)
        self.call("change_customer", customer_id=customer["id"], if_match=etag(customer), **fields)

    @rule(data=st.data(), stage=STAGES)
    def move(self, data, stage):
        self.call("move_customer", customer_id=self.one(data)["id"], stage=stage, reason="Said so")

    @rule(data=st.data(), email=st.sampled_from([None, "ann@example.com"]))
    def add_contact(self, data, email):
        self.call("add_contact", customer_id=self.one(data)["id"], name="Ann", email=email)

    @rule(data=st.data())
    def remove_contact(self, data):
        for contact in self.one(data)["contacts"][:1]:
            self.call("remove_contact", contact_id=contact["id"])

    @rule(data=st.data(), fields=st.sampled_from([[], ["phone"], ["phone", "email"]]))
    def verify(self, data, fields):
        assert self.call("verify_customer", customer_id=self.one(data)["id"], fields=fields).status == 200

    @rule(data=st.data())
    def contact(self, data):
        contacted(self.service, self.one(data), self.clock.now)

    @rule(data=st.data())
    def give_back_or_claim(self, data):
        customer = self.one(data)
        self.call("claim_customer" if customer["in_pool"] else "release_customer", customer_id=customer["id"])

    @rule(criteria=CRITERIA, stage=STAGES, kind=st.sampled_from(["person", "organisation"]))
    def judge_otherwise(self, criteria, stage, kind):
        standard(self.service, self.admin, kind, stage, criteria=criteria)

    @rule(days=st.integers(1, 40))
    def sleep(self, days):
        self.clock.pass_by(days=days)
        begin_day(self.service)

    @invariant()
    def agrees(self):
        assert len(agreed(self.service)) == len(set(self.service_ids()))

    def service_ids(self):
        with self.service.session() as session:
            return [row[0] for row in session.connection().exec_driver_sql("SELECT id FROM customers")]


def test_the_score_that_is_kept_is_the_one_that_follows(customers, admin, monkeypatch):
    Lives.service, Lives.admin, Lives.clock = customers, admin, frozen(monkeypatch)
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Lives, settings=settings(max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=slow)
    )


def test_what_is_imported_has_a_score_when_it_is_through_and_what_is_undone_has_none(customers, admin):
    rows = [{"name": f"Company {number}", "phone": f"+49 40 12345{number}"} for number in range(5)]
    job = imported(customers, admin, [*rows, {"name": "Silent", "phone": ""}])
    assert customers.scalar("SELECT count(*) FROM qualities") == 0
    customers.fire_timers()
    scores = [row["completeness"] for row in agreed(customers).values()]
    assert sorted(scores) == [0, 33, 33, 33, 33, 33]
    undone(customers, admin, job["id"])
    assert agreed(customers) == {}


def test_a_merge_takes_the_score_of_the_other_away_and_its_end_brings_it_back(customers, admin):
    one, other = created(customers, admin, name="One"), created(customers, admin, name="Other", city="Kiel")
    customers.call("verify_customer", admin, customer_id=other["id"])
    before = agreed(customers)
    proved = customers.stepped_up(admin)
    merge = customers.call("merge_customers", proved, customer_id=one["id"], losers=[other["id"]])
    assert merge.status == 202, merge.body
    assert agreed(customers).keys() == {UUID(one["id"])}
    assert customers.call("unmerge_customers", proved, merge_id=merge.body["id"]).status < 300
    assert agreed(customers) == before
    told = customers.call("customer_quality", admin, customer_id=other["id"]).body
    assert told["verified_by"] == str(admin.id)


def test_who_is_erased_has_no_score(customers, admin):
    person = created(customers, admin, kind="person", name="Ann Example", phone="+49 40 123456")
    assert len(agreed(customers)) == 1
    with customers.session() as session:
        session.get_one(Customer, UUID(person["id"])).forget()
    assert agreed(customers) == {}
    assert customers.call("customer_quality", admin, customer_id=person["id"]).status == 404


def test_a_bulk_change_and_another_team_are_followed(customers, admin):
    customer = created(customers, admin)
    ordered = {"ids": [customer["id"]], "set": {"city": "Kiel", "country": "Germany"}}
    assert customers.call("bulk_change", customers.stepped_up(admin), **ordered).status == 202
    customers.run_jobs()
    assert "country" not in kept(customers, customer)["missing"]
    colleague = customers.person("Colleague", ADMIN, teams=[customers.team("East")])
    customers.call("assign_customer", admin, customer_id=customer["id"], owner_id=str(colleague.id))
    assert kept(customers, customer)["team_id"] == colleague.caller.main_team
