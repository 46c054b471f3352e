"""Importing customers from CSV files."""

from uuid import uuid4

import pytest

from services.customers.imports import run as importing
from tests.services.customers.factories import (
    ADMIN,
    LEAD,
    REP,
    created,
    imported,
    job,
    names,
    pooled,
    result_rows,
    seen,
    started,
    upload,
)

ACCOUNTS = """account,sector,year_established,revenue,employees,office_location,subsidiary_of
Daughter,technolgy,1996,1100.04,"2,822",Philipines,Mother Corporation
Mother Corporation,medical,1999,251.41,495,United States,
Orphan,Software,2001,3,10,Germany,Nobody Known
"""
MAPPING = {
    "name": "account",
    "sector": "sector",
    "established_year": "year_established",
    "revenue": "revenue",
    "employees": "employees",
    "country": "office_location",
    "parent_name": "subsidiary_of",
}


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP, teams=[customers.team("East")])


def by_name(customers, who):
    items = customers.call("find_customers", who, limit=200).body["items"]
    return {item["name"]: item for item in items}


def counts(finished):
    return {name: finished["result"][name] for name in ("created", "updated", "skipped", "failed", "warnings")}


def test_rows_become_customers_of_whoever_imports_them(customers, rep):
    finished = imported(customers, rep, ACCOUNTS, mapping=MAPPING)
    assert (finished["state"], finished["done"], finished["total"]) == ("done", 3, 3)
    assert counts(finished) == {"created": 3, "updated": 0, "skipped": 0, "failed": 0, "warnings": 2}
    found = by_name(customers, rep)
    daughter, mother = found["Daughter"], found["Mother Corporation"]
    assert (daughter["employees"], daughter["revenue"], daughter["established_year"]) == (2822, "1100.04", 1996)
    assert (daughter["owner_id"], daughter["team_id"]) == (str(rep.id), str(rep.caller.main_team))
    assert daughter["parent_id"] == mother["id"]
    assert found["Orphan"]["sector"] == "software"
    assert customers.call("customer_owners", rep, customer_id=mother["id"]).body["items"][0]["how"] == "import"


def test_what_is_nearly_known_is_a_warning_with_a_suggestion(customers, rep):
    finished = imported(customers, rep, ACCOUNTS, mapping=MAPPING)
    assert finished["result"]["suggestions"] == [
        {"field": "sector", "value": "technolgy", "suggestion": "technology", "rows": 1},
        {"field": "country", "value": "Philipines", "suggestion": "Philippines", "rows": 1},
    ]
    daughter, mother, orphan = result_rows(customers, rep, finished)
    assert (daughter["status"], daughter["code"]) == ("created", "unknown-sector; unknown-country")
    assert "did you mean technology?" in daughter["message"]
    assert (mother["status"], mother["code"], mother["message"]) == ("created", "", "")
    assert (orphan["status"], orphan["code"]) == ("created", "unknown-parent")
    assert by_name(customers, rep)["Daughter"]["sector"] == "technolgy"


@pytest.mark.parametrize(
    "option",
    [{"corrections": {"Technolgy": "technology", "philipines": "Philippines"}}, {"accept_suggestions": True}],
)
def test_suggestions_can_be_applied(customers, rep, option):
    finished = imported(customers, rep, ACCOUNTS, mapping=MAPPING, **option)
    assert counts(finished)["warnings"] == 1
    daughter = by_name(customers, rep)["Daughter"]
    assert (daughter["sector"], daughter["country"]) == ("technology", "Philippines")


def test_a_job_tells_its_pace_and_how_long_it_will_take(customers, rep, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 1)
    job_id = started(customers, rep, [{"name": f"{number}"} for number in range(4)])
    assert [job(customers, rep, job_id)[name] for name in ("per_second", "remaining_seconds")] == [None, None]
    told, report = [], importing._Import.link_rows

    def look(run):
        told.append(job(customers, rep, job_id))
        report(run)

    monkeypatch.setattr(importing._Import, "link_rows", look)
    customers.run_jobs()
    assert (told[0]["state"], told[0]["remaining_seconds"]) == ("running", 0)
    assert told[0]["per_second"] > 0
    assert job(customers, rep, job_id)["remaining_seconds"] is None


def test_rows_go_into_the_pool_that_is_named(customers, rep):
    admin = customers.person("Admin", ADMIN)
    pool = customers.call("create_pool", admin, name="Second", everybody=True).body
    finished = imported(customers, rep, [{"name": "Waiting"}], into_pool=True, pool_id=pool["id"])
    assert finished["result"]["created"] == 1
    assert by_name(customers, rep)["Waiting"]["pool_id"] == pool["id"]
    closed = customers.call("create_pool", admin, name="Closed", everybody=False).body
    file = upload(customers, rep, [{"name": "Other"}])
    refused = customers.call("import_customers", rep, file=file, into_pool=True, pool_id=closed["id"])
    assert refused.body["type"] == "unknown-pool"


def everything(customers):
    """The content of every table that an import could touch."""
    tables = ("customers", "contacts", "ownerships", "outbox", "import_rows", "timers", "inbox")
    return {
        table: customers.scalar(f"SELECT coalesce(json_agg(t ORDER BY t::text), '[]')::text FROM {table} t")
        for table in tables
    }


def test_a_dry_run_reports_the_same_and_leaves_the_database_untouched(customers, rep):
    created(customers, rep, name="orphan", city="Hamburg")
    before = everything(customers)
    rehearsed = imported(customers, rep, ACCOUNTS, mapping=MAPPING, dry_run=True, on_match="update")
    assert everything(customers) == before
    rehearsal = result_rows(customers, rep, rehearsed)
    done = imported(customers, rep, ACCOUNTS, mapping=MAPPING, dry_run=False, on_match="update")
    assert counts(rehearsed) == counts(done)
    assert rehearsal == result_rows(customers, rep, done)
    assert counts(done) == {"created": 2, "updated": 1, "skipped": 0, "failed": 0, "warnings": 2}
    assert rehearsed["result"]["suggestions"] == done["result"]["suggestions"]
    assert (rehearsed["result"]["dry_run"], done["result"]["dry_run"]) == (True, False)


def test_the_same_file_again_creates_nothing(customers, rep):
    imported(customers, rep, ACCOUNTS, mapping=MAPPING)
    again = imported(customers, rep, ACCOUNTS, mapping=MAPPING)
    assert counts(again) == {"created": 0, "updated": 0, "skipped": 3, "failed": 0, "warnings": 1}
    assert len(by_name(customers, rep)) == 3
    updating = imported(customers, rep, ACCOUNTS, mapping=MAPPING, on_match="update")
    assert counts(updating) == {"created": 0, "updated": 0, "skipped": 3, "failed": 0, "warnings": 2}


def test_columns_are_found_by_their_names_without_a_mapping(customers, rep):
    rows = [{"Name": "Example", "Contact Name": "Desk", "contact_email": "desk@example.com", "other": "x"}]
    assert counts(imported(customers, rep, rows))["created"] == 1
    customer = seen(customers, rep, by_name(customers, rep)["Example"]["id"])
    (contact,) = customer["contacts"]
    assert (contact["name"], contact["email"], contact["is_primary"]) == ("Desk", "desk@example.com", True)
    assert customers.events()[0]["payload"]["addressees"] == [
        {"contact_id": contact["id"], "name": "Desk", "email": "desk@example.com"}
    ]


def test_every_row_is_told_what_is_wrong_with_it(customers, rep):
    rows = (
        "name,employees,email,contact_email,website\n"
        "Good,5,a@example.com,b@example.com,example.com\n"
        ",5,,,\n"
        "Bad number,many,,,\n"
        "Bad mails,1,nobody,no one,\n"
        "Too,1,,,,,long\n"
    )
    finished = imported(customers, rep, rows)
    assert counts(finished) == {"created": 1, "updated": 0, "skipped": 0, "failed": 4, "warnings": 0}
    good, nameless, number, mails, surplus = result_rows(customers, rep, finished)
    assert good["status"] == "created"
    assert (nameless["status"], nameless["code"]) == ("failed", "invalid")
    assert nameless["message"].startswith("name: ")
    assert number["message"] == "employees: Not a valid integer."
    assert "email: " in mails["message"]
    assert "contact_email: " in mails["message"]
    assert surplus["code"] == "surplus-cells"
    assert by_name(customers, rep)["Good"]["website"] == "https://example.com"


def test_result_files_are_safe_for_spreadsheets(customers, rep):
    finished = imported(customers, rep, "name,city\n=SUM(A1),@home\n")
    (row,) = result_rows(customers, rep, finished)
    assert (row["name"], row["city"]) == ("'=SUM(A1)", "'@home")
    assert names(customers.call("find_customers", rep)) == ["=SUM(A1)"]


def test_a_name_twice_in_the_file_makes_one_customer(customers, rep, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    rows = [{"name": name} for name in ("Twin", "twin ", "Other", "ＴＷＩＮ")]
    finished = imported(customers, rep, rows)
    assert counts(finished) == {"created": 2, "updated": 0, "skipped": 2, "failed": 0, "warnings": 0}
    codes = [row["code"] for row in result_rows(customers, rep, finished)]
    assert codes == ["", "duplicate-in-file", "", "duplicate-in-file"]
    everyone = imported(customers, rep, rows, match_on=[])
    assert counts(everyone)["created"] == 4


def test_matching_rows_update_what_they_speak_of(customers, rep):
    entered = created(customers, rep, name="ACME", city="Hamburg", sector="retail", country="Germany")
    rows = [{"name": "Acme", "city": "", "sector": "software", "phone": "040 123456", "contact_email": "a@example.com"}]
    order = {"on_match": "update", "defaults": {"country": "China", "kind": "person"}}
    assert counts(imported(customers, rep, rows, **order))["updated"] == 1
    changed = seen(customers, rep, entered["id"])
    assert (changed["name"], changed["city"], changed["sector"]) == ("ACME", "Hamburg", "software")
    assert (changed["country"], changed["kind"]) == ("Germany", "organisation")
    assert (changed["phone"], changed["version"]) == ("+4940123456", 2)
    assert [contact["email"] for contact in changed["contacts"]] == ["a@example.com"]
    assert customers.events()[-1]["type"] == "CustomerChanged"
    assert len(customers.events()[-1]["payload"]["addressees"]) == 1
    again = imported(customers, rep, rows, **order)
    assert counts(again) == {"created": 0, "updated": 0, "skipped": 1, "failed": 0, "warnings": 0}
    assert result_rows(customers, rep, again)[0]["code"] == "unchanged"


def test_only_customers_in_sight_match_and_only_those_in_reach_change(customers, rep):
    colleague = customers.person("Colleague", REP, teams=list(rep.caller.teams))
    stranger = customers.person("Stranger", REP, teams=[customers.team("West")])
    created(customers, stranger, name="Hidden")
    created(customers, colleague, name="Colleague's")
    created(customers, rep, name="Double")
    created(customers, rep, name="Double")
    importer = customers.person("Lead", LEAD | {"customers:change": "own"}, teams=list(rep.caller.teams))
    rows = [{"name": name, "city": "Hamburg"} for name in ("Hidden", "Colleague's", "Double")]
    finished = imported(customers, importer, rows, on_match="update")
    outcomes = [(row["status"], row["code"]) for row in result_rows(customers, importer, finished)]
    assert outcomes == [("created", ""), ("failed", "may-not-change"), ("failed", "ambiguous")]


def test_rows_can_go_to_the_pool_and_still_find_each_other(customers, rep, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 1)
    blind = customers.person("Blind", {"customers:read": "own", "customers:import": "own"})
    finished = imported(customers, blind, ACCOUNTS, mapping=MAPPING, into_pool=True)
    assert counts(finished)["created"] == 3
    found = by_name(customers, rep)
    assert all(one["in_pool"] and one["owner_id"] is None for one in found.values())
    assert found["Daughter"]["parent_id"] == found["Mother Corporation"]["id"]
    assert names(customers.call("find_customers", blind)) == []


def test_a_customer_in_the_pool_matches_for_those_who_see_the_pool(customers, rep):
    pooled(customers, rep, name="Waiting")
    assert counts(imported(customers, rep, [{"name": "waiting"}]))["skipped"] == 1
    blind = customers.person("Blind", {"customers:read": "own", "customers:import": "own"})
    assert counts(imported(customers, blind, [{"name": "waiting"}]))["created"] == 1


def test_parents_are_found_among_existing_customers_and_circles_are_not_closed(customers, rep, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    top = created(customers, rep, name="Top")
    existing = created(customers, rep, name="Existing", parent_id=top["id"])
    created(customers, rep, name="Double")
    created(customers, rep, name="Double")
    rows = [
        {"name": "Left", "parent_name": "right"},
        {"name": "Right", "parent_name": "LEFT"},
        {"name": "Self", "parent_name": "Self"},
        {"name": "Below", "parent_name": "existing"},
        {"name": "Top", "parent_name": "Below"},
        {"name": "Unclear", "parent_name": "Double"},
    ]
    rehearsed = imported(customers, rep, rows, on_match="update", dry_run=True)
    rehearsal = result_rows(customers, rep, rehearsed)
    finished = imported(customers, rep, rows, on_match="update")
    assert rehearsal == result_rows(customers, rep, finished)
    codes = {row["name"]: (row["status"], row["code"]) for row in rehearsal}
    assert codes == {
        "Left": ("created", ""),
        "Right": ("created", "parent-cycle"),
        "Self": ("created", "parent-cycle"),
        "Below": ("created", ""),
        "Top": ("skipped", "unchanged; parent-cycle"),
        "Unclear": ("created", "ambiguous-parent"),
    }
    found = by_name(customers, rep)
    assert found["Left"]["parent_id"] == found["Right"]["id"]
    assert found["Below"]["parent_id"] == existing["id"]
    assert found["Right"]["parent_id"] is found["Self"]["parent_id"] is found["Top"]["parent_id"] is None


def test_a_matching_row_moves_a_customer_below_another_parent(customers, rep):
    entered = created(customers, rep, name="Daughter")
    mother = created(customers, rep, name="Mother")
    finished = imported(customers, rep, [{"name": "Daughter", "parent_name": "Mother"}], on_match="update")
    assert counts(finished)["updated"] == 1
    assert seen(customers, rep, entered["id"])["parent_id"] == mother["id"]


def test_files_of_other_character_sets_and_delimiters_are_read(customers, rep):
    content = "name;城市;标签\n上海华盛科技有限公司;上海;重点、北方\n".encode("gb18030")
    finished = imported(customers, rep, content, mapping={"name": "name", "city": "城市", "tags": "标签"})
    assert counts(finished)["created"] == 1
    found = by_name(customers, rep)["上海华盛科技有限公司"]
    assert (found["city"], found["tags"]) == ("上海", ["重点", "北方"])


def test_an_order_that_cannot_be_carried_out_is_refused_at_once(customers, rep):
    stranger = customers.person("Stranger", REP)
    foreign = upload(customers, stranger, ACCOUNTS)
    for file in (foreign, f"uploads/{rep.id}/{uuid4()}", "../secrets", f"uploads/{rep.id}/../{stranger.id}/x"):
        answer = customers.call("import_customers", rep, file=file)
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/file")
    mine = upload(customers, rep, ACCOUNTS)
    for wrong in (
        {"mapping": {"owner_id": "account"}},
        {"defaults": {"employees": "many"}},
        {"defaults": {"salary": "1"}},
        {"match_on": ["city"]},
        {"on_new": "ask"},
        {"language": "de"},
        {"on_match": "replace"},
    ):
        assert customers.call("import_customers", rep, file=mine, **wrong).status == 422, wrong
    clerk = customers.person("Clerk", {"customers:read": "all"})
    assert customers.call("import_customers", clerk, file=mine).status == 403


@pytest.mark.parametrize(
    ("content", "order", "complaint"),
    [
        ("a,b\n1,2\n", {"mapping": {"name": "account"}}, "no column account"),
        ("a,b\n1,2\n", {}, ""),
        (b"", {}, "empty"),
        (b"name\n\0\n", {}, "NUL"),
    ],
)
def test_a_file_that_does_not_fit_fails_the_job_with_a_reason(customers, rep, content, order, complaint):
    finished = imported(customers, rep, content, **order)
    assert finished["state"] == "failed"
    assert complaint in finished["error"]
    assert customers.scalar("SELECT count(*) FROM customers") == 0


def test_a_file_without_rows_creates_nothing(customers, rep):
    finished = imported(customers, rep, "name,city\n")
    assert (finished["state"], finished["result"]["rows"]) == ("done", 0)
    assert result_rows(customers, rep, finished) == []


def test_jobs_are_private(customers, rep):
    finished = imported(customers, rep, ACCOUNTS, mapping=MAPPING)
    admin = customers.person("Admin", ADMIN)
    for operation in ("get_job", "get_job_file", "cancel_job"):
        assert customers.call(operation, admin, job_id=finished["id"]).status == 404
    assert [one["id"] for one in customers.call("list_jobs", rep).body["items"]] == [finished["id"]]


def test_a_cancelled_import_keeps_what_is_done_and_can_be_undone(customers, rep, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 1)
    monkeypatch.setattr(importing, "ahead", iter)
    job_id = started(customers, rep, [{"name": f"{number}"} for number in range(5)])
    read = importing.Reader.read

    def read_and_cancel(reader, row):
        if row.number == 3:
            assert customers.call("cancel_job", rep, job_id=job_id).status == 200
        return read(reader, row)

    monkeypatch.setattr(importing.Reader, "read", read_and_cancel)
    customers.run_jobs()
    assert job(customers, rep, job_id)["state"] == "cancelled"
    assert customers.scalar("SELECT count(*) FROM customers") == 2
    assert customers.scalar("SELECT count(*) FROM import_rows") == customers.scalar("SELECT count(*) FROM customers")
