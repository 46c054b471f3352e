"""Exports: what one may see and export, harmless in a spreadsheet, stopped at once, and on record."""

import csv
from io import BytesIO, StringIO

import pytest
from python_calamine import CalamineWorkbook

from chassis import exports, work
from chassis.clock import now
from chassis.identity.events import RoleChanged, SessionEnded, UserChanged
from services.customers import exporting
from tests.services.customers.factories import ADMIN, created, enforcing, job, pooled

EXPORTER = {"customers:read": "team", "customers:create": "own", "customers:export": "own", "customers:share": "own"}


@pytest.fixture
def rep(customers):
    return customers.stepped_up(customers.person("Rep", EXPORTER, teams=[customers.team("Sales")]))


def ordered(customers, who, **order):
    answer = customers.call("export_customers", who, **order)
    assert answer.status == 202, answer.body
    return answer.body["job_id"]


def exported(customers, who, **order):
    """The rows of the file."""
    job_id = ordered(customers, who, **order)
    customers.run_jobs()
    answer = customers.call("get_job_file", who, job_id=job_id)
    assert answer.status == 200, (answer.body, job(customers, who, job_id))
    with customers.blobs.open(answer.body["file"]) as file:
        return list(csv.DictReader(StringIO(file.read().decode("utf-8-sig"))))


def workbook(customers, who, **order):
    """The rows of the first sheet."""
    job_id = ordered(customers, who, format="xlsx", **order)
    customers.run_jobs()
    answer = customers.call("get_job_file", who, job_id=job_id)
    assert (answer.status, answer.body["name"][-5:]) == (200, ".xlsx"), answer.body
    with customers.blobs.open(answer.body["file"]) as file:
        return CalamineWorkbook.from_filelike(BytesIO(file.read())).get_sheet_by_index(0).to_python()


def test_a_workbook_has_the_same_without_a_formula(customers, rep, monkeypatch):
    monkeypatch.setattr(exporting, "CHUNK", 1)
    created(customers, rep, name="=SUM(A1)", phone="+49 40 123456", revenue="12.50", employees=7, tags=["a", "b"])
    created(customers, rep, name='公司 <b> & "Co"', city="Bonn")
    columns = ["name", "phone", "revenue", "employees", "tags", "city"]
    assert workbook(customers, rep, columns=columns) == [
        columns,
        ["'=SUM(A1)", "+4940123456", 12.5, 7.0, "a; b", ""],
        ['公司 <b> & "Co"', "", "", "", "", "Bonn"],
    ]


def on_record(customers):
    with customers.database.reading() as session:
        row = session.connection().exec_driver_sql("SELECT state, rows, filter::text FROM exports").one()
    return tuple(row)


def test_a_file_has_what_one_may_both_see_and_export(customers, rep):
    colleague = customers.person("Colleague", EXPORTER, teams=rep.caller.teams)
    created(customers, rep, name="Mine", tags=["key account"], revenue="12.50")
    theirs = created(customers, colleague, name="Theirs")
    customers.call("share_customer", colleague, customer_id=theirs["id"], grantee_id=rep.id)
    pooled(customers, colleague, name="Anybody's")
    (row,) = exported(customers, rep)
    assert (row["name"], row["tags"], row["revenue"]) == ("Mine", "key account", "12.50")
    wide = customers.person("Wide", {"customers:read": "own", "customers:export": "all"}, teams=rep.caller.teams)
    assert exported(customers, customers.stepped_up(wide)) == []
    admin = customers.stepped_up(customers.person("Admin", ADMIN))
    assert [row["name"] for row in exported(customers, admin)] == ["Mine", "Theirs", "Anybody's"]


def test_columns_and_filter_can_be_chosen(customers, rep):
    for name, city in (("One", "Kiel"), ("Two", "Bonn")):
        created(customers, rep, name=name, city=city)
    tree = {"field": "city", "op": "eq", "value": "Kiel"}
    assert exported(customers, rep, columns=["city", "name"], filter=tree) == [{"city": "Kiel", "name": "One"}]
    bad = customers.call("export_customers", rep, filter={"field": "email", "op": "eq", "value": "x"})
    assert (bad.status, bad.body["errors"][0]["pointer"]) == (422, "/filter/field")


def test_cells_that_a_spreadsheet_would_execute_are_harmless(customers, rep):
    created(customers, rep, name='=HYPERLINK("http://example.com")', phone="+49 40 123456")
    (row,) = exported(customers, rep)
    assert row["name"] == '\'=HYPERLINK("http://example.com")'
    assert row["phone"].startswith("+49")


def test_what_a_role_hides_is_not_in_the_file_and_what_it_masks_is_masked(customers, rep):
    enforcing(customers)
    role_id, rules = (
        customers.scalar("SELECT id FROM directory WHERE kind = 'role'"),
        {
            "phone": {"own": "full", "others": "masked"},
            "email": "masked",
            "revenue": "hidden",
            "city": {"own": "hidden", "others": "full"},
        },
    )
    everything = EXPORTER | {"customers:export": "team"}
    changed = RoleChanged(
        aggregate_id=role_id, version=2, name="Rep", permissions=everything, field_rules={"customers": rules}
    )
    customers.deliver(changed)
    colleague = customers.person("Colleague", EXPORTER, teams=rep.caller.teams)
    contact = {"phone": "+86 138 0000 0005", "email": "sales@example.com", "revenue": "1", "city": "Kiel"}
    created(customers, colleague, name="Theirs", **contact)
    with customers.session() as session:
        connection = session.connection()
        connection.exec_driver_sql("UPDATE customers SET owner_id = %s", (str(rep.id),))
    created(customers, colleague, name="Theirs", **contact)
    mine, theirs = exported(customers, rep)
    assert "revenue" not in mine
    assert (mine["phone"], mine["city"]) == ("+8613800000005", "")
    assert theirs["phone"] == "'+86138****0005"
    assert theirs["city"] == "Kiel"
    assert mine["email"] == theirs["email"] == "s***@example.com"
    assert customers.call("export_customers", rep, columns=["revenue"]).status == 422


def test_an_export_needs_the_right_and_a_fresh_proof(customers, rep):
    reader = customers.stepped_up(customers.person("Reader", {"customers:read": "all"}))
    assert customers.call("export_customers", reader).status == 403
    answer = customers.call("export_customers", customers.person("Rep", EXPORTER))
    assert (answer.status, answer.body["type"]) == (403, "step-up-required")


def losing_account(customers, rep):
    return UserChanged(aggregate_id=rep.id, version=2, name="Rep", active=False, teams=[], roles=[])


def losing_role(customers, rep):
    return UserChanged(aggregate_id=rep.id, version=2, name="Rep", active=True, teams=[], roles=[])


def losing_session(customers, rep):
    return SessionEnded(aggregate_id=rep.caller.session_id, version=1, ended_at=now())


@pytest.mark.parametrize("loss", [losing_account, losing_role, losing_session])
def test_a_running_export_stops_with_the_next_chunk(customers, rep, monkeypatch, loss):
    for number in range(6):
        created(customers, rep, name=f"Company {number}")
    monkeypatch.setattr(exporting, "CHUNK", 2)
    read = exporting.list_customers
    pages: list[int] = []

    def reading(*arguments, **options):
        if len(pages) == 1:
            customers.deliver(loss(customers, rep))
        pages.append(1)
        return read(*arguments, **options)

    monkeypatch.setattr(exporting, "list_customers", reading)
    job_id = ordered(customers, rep, filter={"field": "name", "op": "contains", "value": "Company"})
    customers.run_jobs()

    assert len(pages) == 2
    state, rows, tree = on_record(customers)
    assert (state, rows) == ("stopped", 4)
    assert "Company" not in tree
    assert customers.scalar("SELECT state FROM jobs WHERE id = :id", id=job_id) == "failed"
    assert not [part for part in range(4) if customers.blobs.exists(f"results/{job_id}/part-{part}.csv")]
    assert not customers.blobs.exists(f"results/{job_id}/result.csv")


def test_the_file_is_not_for_somebody_who_has_lost_the_right(customers, rep):
    created(customers, rep)
    job_id = ordered(customers, rep)
    customers.run_jobs()
    customers.deliver(losing_role(customers, rep))
    assert customers.call("get_job_file", rep, job_id=job_id).status == 403


def test_an_export_goes_on_where_it_was_after_other_jobs_had_their_turn(customers, rep, monkeypatch):
    for number in range(5):
        created(customers, rep, name=f"Company {number}")
    monkeypatch.setattr(exporting, "CHUNK", 2)
    monkeypatch.setattr(exporting, "SLICE_SECONDS", -1)
    job_id = ordered(customers, rep, columns=["name"])
    assert customers.run_jobs() == 3
    assert job(customers, rep, job_id)["result"]["rows"] == 5


def test_exports_are_on_record_and_the_file_goes_after_a_week(customers, rep):
    created(customers, rep)
    exported(customers, rep)
    assert on_record(customers)[:2] == ("done", 1)
    (entry,) = [one for one in customers.audited() if one["kind"] == "export"]
    assert (entry["actor"], entry["details"]) == (rep.id, {"count": 1, "state": "done"})
    with customers.session() as session:
        session.connection().exec_driver_sql("UPDATE timers SET due_at = now()")
    customers.fire_timers()
    (job_id,) = [one["id"] for one in customers.call("list_jobs", rep).body["items"]]
    assert not customers.blobs.exists(f"results/{job_id}/result.csv")


def test_the_record_of_an_export_is_kept_for_more_than_a_year(customers, rep):
    exported(customers, rep)
    with customers.session() as session:
        assert exports.forget_old(session) == 0
        session.connection().exec_driver_sql("UPDATE exports SET at = now() - interval '401 days'")
        assert exports.forget_old(session) == 1


def test_every_part_that_grows_can_forget():
    assert all(callable(part.forget_old) for part in work.GROWING)
