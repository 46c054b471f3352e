"""Auditors search, export and verify the audit trail, and look at alerts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from chassis.ids import new_id
from services.auth.auditing.seals import chained
from tests.services.auth.trail import Trail, entry

AUDITOR = {"audit:read": "all", "audit:export": "all", "audit:review": "all"}


@pytest.fixture
def trail(house):
    return Trail(house.auth)


@pytest.fixture
def auditor(house):
    return house.person_who_may("Auditor", AUDITOR)


def found(house, auditor, **wanted):
    return [one["number"] for one in house.done("find_entries", auditor, service="customers", **wanted)["items"]]


def test_entries_are_found_by_person_action_resource_record_time_and_address(house, trail, auditor):
    rita, record = str(new_id()), str(new_id())
    trail.take(
        "customers",
        entry(1, actor=rita),
        entry(2, action="claim_customer"),
        entry(3, resource="contacts"),
        entry(4, kind="read", record_id=None, details={"records": [str(new_id()), record]}),
        entry(5, remote_addr="198.51.100.4"),
        entry(6, outcome="refused", kind="refusal"),
    )
    change: dict[str, Any] = {"resource": "contacts", "record_id": record, "before": {}, "after": None, "untold": []}
    trail.take("customers", entry(7, changes=[change]))

    assert found(house, auditor, person=rita) == [1]
    assert found(house, auditor, action="claim_customer") == [2]
    assert found(house, auditor, resource="contacts") == [3]
    assert found(house, auditor, record=record) == [7, 4]
    assert found(house, auditor, address="198.51.100.4") == [5]
    assert found(house, auditor, outcome="refused") == found(house, auditor, kind="refusal") == [6]
    assert found(house, auditor, since="2026-03-02T09:00:06Z") == [7, 6]
    assert found(house, auditor, until="2026-03-02T09:00:03Z") == [2, 1]


def test_pages_follow_each_other_newest_first(house, trail, auditor):
    trail.take("customers", *(entry(number) for number in range(1, 26)))
    seen, cursor = [], None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = house.done("find_entries", auditor, service="customers", limit=10, **more)
        seen += [one["number"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == list(range(25, 0, -1))


def test_only_who_may_read_the_audit_trail_does_and_that_he_did_is_noted(house, trail, auditor):
    clerk = house.person_who_may("Clerk", {"users:read": "all"})
    for operation in ("find_entries", "verify_entries", "export_entries", "find_alerts", "get_checkpoint"):
        assert house.call(operation, clerk).status == 403
    trail.take("customers", entry(1))
    house.done("find_entries", auditor, service="customers")
    noted = house.auth.audited()[-1]
    assert (noted["kind"], noted["action"], noted["actor"]) == ("read", "find_entries", auditor.id)


def test_an_export_can_be_verified_by_whoever_has_it(house, trail, auditor):
    trail.take("customers", *(entry(number) for number in range(1, 6)))
    job = house.done("export_entries", auditor, service="customers", until="2027-01-01T00:00:00Z")["job_id"]
    house.auth.run_jobs()
    result = house.done("get_job", auditor, job_id=job)["result"]
    assert result["entries"] == 5
    with house.auth.blobs.open(result["file"]) as file:
        lines = [orjson.loads(line) for line in file]
    for line in lines:
        tied = chained(bytes.fromhex(line["previous"]), line["sequence"], line["body"])
        assert tied.hex() == line["hash"]
    noted = next(one for one in house.auth.audited() if one["kind"] == "export")
    assert (noted["action"], noted["actor"], noted["details"]["count"]) == ("export_audit", auditor.id, 5)


def test_an_export_takes_a_step_up(house):
    plain = house.person_who_may("Auditor", AUDITOR)
    again = house.log_in(plain.email)
    assert house.call("export_entries", again).body["type"] == "step-up-required"


def test_auditors_verify_by_a_job(house, trail, auditor):
    trail.take("customers", *(entry(number) for number in range(1, 6)))
    with house.auth.session() as session:
        session.connection().exec_driver_sql(
            "UPDATE audit_chain SET body = 'x' WHERE service = 'customers' AND number = 3"
        )
    job = house.done("verify_entries", auditor)["job_id"]
    house.auth.run_jobs()
    result = house.done("get_job", auditor, job_id=job)["result"]
    assert not result["sound"]
    assert (result["first_bad"]["service"], result["first_bad"]["number"]) == ("customers", 3)


def reads(number, person, count, day):
    at = (datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(days=day)).isoformat()
    return entry(number, actor=person, kind="read", at=at, details={"count": count, "times": 1})


def test_reading_far_more_than_usual_is_an_alert(house, trail, auditor):
    busy, quiet = str(new_id()), str(new_id())
    usual = [reads(day + 1, busy, 1_000, day) for day in range(10)]
    trail.take("customers", *usual, reads(11, busy, 4_900, 11), reads(12, quiet, 1_900, 11))
    assert house.done("find_alerts", auditor)["items"] == []

    trail.take("customers", reads(13, busy, 200, 11), reads(14, quiet, 200, 11))

    about = {one["user_id"]: one for one in house.done("find_alerts", auditor, open=True)["items"]}
    assert about[busy]["details"] == {"count": 5_100, "usual": 1_000.0, "limit": 5_000.0}
    assert about[quiet]["details"] == {"count": 2_100, "usual": 0.0, "limit": 2_000}
    assert {(one["kind"], one["day"]) for one in about.values()} == {("unusual_reads", "2026-03-12")}


def test_exports_and_deletions_of_many_are_alerts(house, trail, auditor):
    person = str(new_id())
    gone: dict[str, Any] = {
        "resource": "contacts",
        "record_id": str(new_id()),
        "before": {},
        "after": None,
        "untold": [],
    }
    trail.take(
        "customers",
        entry(1, actor=person, kind="export", details={"count": 501}),
        entry(2, actor=person, changes=[gone] * 20),
        entry(3, actor=person, details={"deleted": 1}),
    )
    kinds = {one["kind"] for one in house.done("find_alerts", auditor)["items"]}
    assert kinds == {"unusual_exports", "bulk_deletion"}


def test_an_alert_is_acknowledged_once(house, trail, auditor):
    trail.take("customers", entry(1, kind="export", details={"count": 501}))
    (alert,) = house.done("find_alerts", auditor, open=True)["items"]
    done = house.done("acknowledge_alert", auditor, alert_id=alert["id"], remark="Agreed with the head of sales")
    assert (done["acknowledged_by"], done["remark"]) == (str(auditor.id), "Agreed with the head of sales")
    again = house.call("acknowledge_alert", auditor, alert_id=alert["id"])
    assert (again.status, again.body["type"]) == (409, "already-acknowledged")
    assert house.call("acknowledge_alert", auditor, alert_id=str(new_id())).status == 404
    assert house.done("find_alerts", auditor, open=True)["items"] == []
    assert len(house.done("find_alerts", auditor, open=False)["items"]) == 1


def test_rights_that_were_used_are_known(house, trail):
    person = str(new_id())
    trail.take(
        "customers", entry(1, actor=person), entry(2, actor=person, outcome="refused", permission="customers:claim")
    )
    used = house.auth.scalar(f"SELECT array_agg(permission) FROM permission_uses WHERE user_id = '{person}'")
    assert used == ["customers:change"]


def test_what_is_hidden_from_an_auditor_is_hidden_in_the_trail_too(house, trail):
    rules = {"customers": {"revenue": "hidden"}}
    role = house.done("create_role", name="Blind auditor", permissions={"audit:read": "all"}, field_rules=rules)
    view = house.user("Blind")
    house.done("change_user", user_id=view["id"], roles=[role["id"]], if_match='"1"')
    change: dict[str, Any] = {"resource": "customers", "record_id": str(new_id()), "before": {"revenue": "1"}}
    change |= {"after": {"revenue": "2", "sector": "software"}, "untold": []}
    trail.take("customers", entry(1, changes=[change]))

    (shown,) = house.done("find_entries", house.log_in(view["email"]), service="customers")["items"]

    assert shown["changes"][0]["after"] == {"sector": "software"}
    assert shown["changes"][0]["untold"] == ["revenue"]
