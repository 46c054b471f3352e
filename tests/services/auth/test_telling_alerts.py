"""Alerts reach those who may see the audit trail by mail, and everybody who watches the figures."""

from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from chassis.audit import audit
from chassis.clock import now
from chassis.metrics import DatabaseFigures
from services.auth.service import AuthService
from tests.mail_sink import MailSink
from tests.services.auth.factories import ADMIN_EMAIL, ADMIN_PASSWORD, House
from tests.services.auth.letterbox import Letterbox, text_of
from tests.services.auth.trail import Trail, entry


@pytest.fixture
def sink():
    sink = MailSink().start()
    yield sink
    sink.stop()


@pytest.fixture
def letters(sink):
    return Letterbox(sink)


@pytest.fixture
def house(tested, sink):
    return House(tested(AuthService, admin_email=ADMIN_EMAIL, admin_password=ADMIN_PASSWORD, smtp_url=sink.url))


@pytest.fixture
def trail(house):
    return Trail(house.auth)


def export(number, person, count):
    return entry(number, kind="export", actor=str(person), details={"count": count})


def later(house):
    """Let the next letter, if there is one, be due."""
    with house.auth.database.transaction() as session:
        session.execute(text("UPDATE timers SET due_at = now() WHERE kind = 'tell_alerts'"))
    house.auth.fire_timers()
    house.auth.run_jobs()


def value(house, name, **labels):
    registry = CollectorRegistry()
    registry.register(DatabaseFigures("auth", house.auth.database, AuthService.figures))
    return registry.get_sample_value(name, labels)


def test_an_alert_is_mailed_to_those_who_may_see_the_audit_and_to_nobody_else(house, trail, letters):
    house.user("Auditor", roles=("auditor",))
    gone = house.user("Gone", roles=("auditor",))
    house.done("change_user", user_id=gone["id"], active=False, if_match='"1"')
    rep = house.user("Rep", roles=("sales_rep",))
    trail.take("customers", export(1, rep["id"], 600))
    later(house)
    assert set(letters.sink.recipients) == {"auditor@example.com", ADMIN_EMAIL}
    told = text_of(letters.letters_to("auditor@example.com")[-1])
    assert "1 × far more records exported than usual" in told
    assert "1 × 导出的记录远多于平时" in told
    assert "Rep" not in told


def test_what_comes_meanwhile_stands_in_one_letter_and_none_comes_twice(house, trail, letters):
    people = [house.user(f"Rep {number}")["id"] for number in range(3)]
    trail.take("customers", *(export(number, one, 600) for number, one in enumerate(people, 1)))
    later(house)
    trail.take("customers", export(4, people[0], 600))
    later(house)
    (letter,) = letters.letters_to(ADMIN_EMAIL)
    assert "3 × far more records exported than usual" in text_of(letter)


def test_letters_keep_a_distance(house, trail):
    one, other = house.user("One")["id"], house.user("Other")["id"]
    trail.take("customers", export(1, one, 600))
    later(house)
    trail.take("customers", export(2, other, 600))
    due = house.auth.scalar("SELECT due_at FROM timers WHERE kind = 'tell_alerts'")
    assert due > now() + timedelta(minutes=14)


def test_figures_count_alerts_by_kind(house, trail):
    assert value(house, "rockpool_alerts_total", kind="unusual_exports") is None
    rep = house.user("Rep")["id"]
    trail.take("customers", export(1, rep, 600))
    assert value(house, "rockpool_alerts_total", kind="unusual_exports") == 1
    assert value(house, "rockpool_alerts_open", kind="unusual_exports") == 1
    (alert,) = house.done("find_alerts")["items"]
    house.done("acknowledge_alert", alert_id=alert["id"])
    assert value(house, "rockpool_alerts_total", kind="unusual_exports") == 1
    assert value(house, "rockpool_alerts_open", kind="unusual_exports") == 0


def test_figures_tell_what_is_not_chained_yet_and_since_when(house, trail):
    with house.auth.database.transaction() as session:
        waiting = session.execute(text("SELECT count(*) FROM audit WHERE number IS NULL")).scalar_one()
        session.execute(audit.update().values(at=now() - timedelta(minutes=5)))
    stage = {"service": "auth", "stage": "gathering"}
    assert value(house, "rockpool_audit_waiting", **stage) == waiting > 0
    assert value(house, "rockpool_audit_oldest_age_seconds", **stage) >= 300
    house.auth.gather()
    assert value(house, "rockpool_audit_waiting", **stage) == 0
    assert value(house, "rockpool_audit_oldest_age_seconds", **stage) == 0


def test_figures_tell_what_waits_for_entries_that_have_not_arrived(house, trail):
    trail.take("customers", entry(3), entry(4))
    with house.auth.database.transaction() as session:
        session.execute(text("UPDATE audit_arrivals SET arrived_at = now() - interval '2 minutes'"))
    stage = {"service": "customers", "stage": "chaining"}
    assert value(house, "rockpool_audit_waiting", **stage) == 2
    assert value(house, "rockpool_audit_oldest_age_seconds", **stage) >= 120
    trail.take("customers", entry(1), entry(2))
    assert value(house, "rockpool_audit_waiting", **stage) is None
