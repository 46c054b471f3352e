"""Live changes: heard at once, by those who may, and gone on with after a break."""

import pytest

from tests.e2e.live import listening
from tests.e2e.people import Company, new_customer

pytestmark = pytest.mark.e2e


def test_a_change_is_heard_by_a_colleague_and_not_by_a_stranger(company: Company):
    team = company.team("East")
    owner, colleague = company.hire("sales_rep", team), company.hire("sales_rep", team)
    stranger = company.hire("sales_rep", company.team("West"))
    with listening(colleague) as heard, listening(stranger) as hidden:
        customer = new_customer(owner)
        logged = owner.post(f"/customers/{customer}/interactions", {"kind": "note", "subject": "Prices"}).ok()
        heard.wait_for(customer, "CustomerCreated")
        heard.wait_for(logged["id"], "InteractionLogged")
        own = new_customer(stranger)
        hidden.wait_for(own, "CustomerCreated")

        assert hidden.heard_of(customer) == []
        assert hidden.heard_of(logged["id"]) == []
        change = next(one for one in heard.changes if one["id"] == customer)
        assert change.keys() == {"type", "service", "resource", "id", "version", "occurred_at"}


def test_a_change_is_heard_with_the_names_of_its_fields_as_far_as_one_may_see_them(company: Company):
    team = company.team("East")
    owner, service_agent = company.hire("sales_rep", team), company.hire("service_agent", team)
    customer = new_customer(owner, city="Bonn", sector="media")
    with listening(owner) as heard, listening(service_agent) as narrower:
        record = owner.get(f"/customers/{customer}")
        fields = {"city": "Hamburg", "revenue": "2.5", "sector": "retail"}
        owner.patch(f"/customers/{customer}", fields, record.etag).ok()
        heard.wait_for(customer, "CustomerChanged")
        narrower.wait_for(customer, "CustomerChanged")

    (change,) = [one for one in heard.changes if one["type"] == "CustomerChanged"]
    assert change["changed"] == ["city", "revenue", "sector"]
    assert change["values"] == {"revenue": "2.5", "sector": "retail"}
    (less,) = [one for one in narrower.changes if one["id"] == customer]
    assert (less["changed"], less["values"]) == (["city", "sector"], {"sector": "retail"})


def test_a_listener_goes_on_where_he_was_cut_off(company: Company):
    owner = company.hire("sales_rep", company.team("East"))
    with listening(owner) as before:
        first = new_customer(owner)
        before.wait_for(first, "CustomerCreated")
        last_id = before.last_id
    missed = new_customer(owner)

    with listening(owner, last_id) as after:
        after.wait_for(missed, "CustomerCreated")

        assert after.heard_of(first) == []
        assert after.other_events == []


def test_an_unknown_last_event_resets_the_listener(company: Company):
    owner = company.hire("sales_rep", company.team("East"))

    with listening(owner, "0190a000-0000-7000-8000-000000000001") as listener:
        listener.wait_for_other("reset")
