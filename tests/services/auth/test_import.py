"""People and teams come in from a file, each row once, with a result for each row."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis import tables
from services.auth import imports, passwords
from services.auth.roles import role_id

MAPPING = {"name": "agent", "manager": "manager", "parent_team": "office"}
OPTIONS = {"email_domain": "example.com"}

FILE = b"""agent,manager,office
Ann\xc3\xa9 Rep,Lead One,East
Bo Rep,Lead One,East
Bo Rep,Lead Two,West
,Lead Two,West
"""


def start(house, content=FILE, who=None, **options):
    arguments = {"file": house.upload(content, who), "mapping": MAPPING, "options": OPTIONS} | options
    return house.call("import_users", who or house.admin, **arguments)


def finished(house, content=FILE, who=None, **options):
    """The finished job, and the rows of its result file."""
    answer = start(house, content, who, **options)
    assert answer.status == 202, answer.body
    house.auth.run_jobs()
    house.auth.directory.refresh()
    job = house.done("get_job", who or house.admin, job_id=answer.body["job_id"])
    return job, rows_of(house, job)


def rows_of(house, job):
    if not job["result"]:
        return []
    with house.auth.blobs.open(job["result"]["file"]) as file:
        return list(csv.DictReader(StringIO(file.read().decode("utf-8-sig"), newline="")))


def counts(job):
    return {name: job["result"][name] for name in ("rows", "created", "skipped", "rejected", "users", "teams")}


def tree(house):
    teams = {team["id"]: team for team in house.done("find_teams")["items"]}
    return {(teams[team["parent_id"]]["name"] if team["parent_id"] else None, team["name"]) for team in teams.values()}


def test_offices_managers_and_agents_come_in_by_mapping(house):
    job, rows = finished(house)

    assert (job["state"], job["done"], job["total"]) == ("done", 4, 4)
    assert counts(job) == {"rows": 4, "created": 3, "skipped": 0, "rejected": 1, "users": 5, "teams": 4}
    assert tree(house) == {(None, "East"), ("East", "Lead One"), (None, "West"), ("West", "Lead Two")}
    people = {user["email"]: user for user in house.done("find_users")["items"]}
    assert set(people) - {"admin@example.com"} == {
        "anne.rep@example.com",
        "lead.one@example.com",
        "bo.rep@example.com",
        "bo.rep2@example.com",
        "lead.two@example.com",
    }
    lead, rep = people["lead.one@example.com"], people["anne.rep@example.com"]
    assert lead["roles"] == [str(role_id("sales_manager"))]
    assert rep["roles"] == [str(role_id("sales_rep"))]
    assert lead["teams"] == rep["teams"]
    assert rep["name"] == "Ann\u00e9 Rep"
    assert [row["status"] for row in rows] == ["created"] * 5 + ["rejected"]
    assert rows[-1]["code"] == "name-missing"


def test_everybody_can_log_in_with_the_password_of_the_result_file(house):
    _, rows = finished(house)
    for row in rows[:-1]:
        assert house.attempt(row["email"], row["initial_password"]).status == 200
    assert rows[0]["agent"] == "Lead One", "managers without a row of their own get a line too"
    stored = house.stored_text()
    assert not [row for row in rows[:-1] if row["initial_password"] in stored]


def test_the_result_file_is_for_the_importer_only_and_does_not_stay(house):
    other = house.step_up(house.person("Other", roles=("administrator",)))
    job, _ = finished(house)
    assert house.call("get_job_file", other, job_id=job["id"]).status == 404
    file = house.done("get_job_file", job_id=job["id"])
    assert (file["name"], file["media_type"]) == ("people.csv", "text/csv; charset=utf-8")

    with house.auth.session() as session:
        session.execute(text("UPDATE timers SET due_at = now() WHERE kind = 'drop_result'"))
    house.auth.fire_timers()
    assert not house.auth.blobs.exists(file["file"])


def test_the_same_file_again_creates_nothing(house):
    finished(house)
    events = house.auth.events()

    job, rows = finished(house)

    assert counts(job) == {"rows": 4, "created": 0, "skipped": 3, "rejected": 1, "users": 0, "teams": 0}
    assert {row["code"] for row in rows} == {"imported-before", "name-missing"}
    assert house.auth.events() == events


def test_nor_does_it_after_people_were_renamed_and_moved(house):
    finished(house)
    other = house.team("Other")
    for user in house.done("find_users")["items"]:
        if user["id"] != str(house.admin.id):
            change = {"name": f"Once {user['name']}", "teams": [other]}
            house.done("change_user", user_id=user["id"], if_match='"1"', **change)
    job, _ = finished(house)
    assert counts(job)["users"] == 0
    assert counts(job)["teams"] == 0


def test_a_longer_file_creates_only_what_is_new(house):
    finished(house)
    job, rows = finished(house, FILE + b"Cy Rep,Lead One,East\n")
    assert counts(job) == {"rows": 5, "created": 1, "skipped": 3, "rejected": 1, "users": 1, "teams": 0}
    assert rows[-1]["email"] == "cy.rep@example.com"


def test_a_dry_run_tells_the_same_and_changes_nothing(house):
    events = house.auth.events()
    job, rows = finished(house, dry_run=True)
    assert house.auth.events() == events
    assert house.auth.scalar("SELECT count(*) FROM users") == 1
    assert house.auth.scalar("SELECT count(*) FROM teams") == 0
    assert [row["status"] for row in rows] == ["would be created"] * 5 + ["rejected"]
    assert not any(row["initial_password"] for row in rows)
    assert "New team: East" in rows[1]["message"]

    real, made = finished(house)
    assert counts(real) == counts(job)
    assert [(row["code"], row["email"], row["message"]) for row in made] == [
        (row["code"], row["email"], row["message"]) for row in rows
    ]


def test_a_dry_run_warns_of_second_accounts_for_one_name(house):
    house.user("Bo Rep")
    _, rows = finished(house, dry_run=True)
    warned = [row for row in rows if "Warning: there is a person of this name" in row["message"]]
    assert [row["email"] for row in warned] == ["bo.rep2@example.com", "bo.rep3@example.com"]


def test_given_addresses_are_used_checked_and_known_ones_skipped(house):
    house.user("Known")
    content = b"who,mail,group\nNew,New@Example.com,East\nKnown,KNOWN@example.com,East\nBad,nobody,East\n"
    mapping = {"name": "who", "email": "mail", "team": "group"}
    job, rows = finished(house, content, mapping=mapping, options={"role": "service_agent"})
    assert [(row["status"], row["code"]) for row in rows] == [
        ("created", "created"),
        ("skipped", "email-exists"),
        ("rejected", "email-invalid"),
    ]
    (user,) = house.done("find_users", search="new@")["items"]
    assert (user["email"], user["roles"]) == ("New@Example.com", [str(role_id("service_agent"))])
    assert counts(job)["teams"] == 1


def test_a_manager_with_a_row_of_his_own_comes_in_by_it(house):
    content = b"agent,mail,manager,office\nRep,rep@example.com,Lead,East\nLead,boss@example.com,,East\n"
    mapping = {**MAPPING, "email": "mail"}
    job, _ = finished(house, content, mapping=mapping, options={})
    assert counts(job)["users"] == 2
    people = {user["email"]: user for user in house.done("find_users")["items"]}
    assert people["boss@example.com"]["roles"] == [str(role_id("sales_manager"))]
    assert people["boss@example.com"]["teams"] == people["rep@example.com"]["teams"]
    assert tree(house) == {(None, "East"), ("East", "Lead")}


def test_teams_that_are_here_already_are_joined(house):
    region = house.team("Region")
    office = house.team("East", region)
    job, _ = finished(house, b"agent,manager,office\nRep,,East\n")
    assert counts(job)["teams"] == 0
    (user,) = house.done("find_users", search="rep")["items"]
    assert user["teams"] == [office]


def test_rows_that_fit_several_teams_are_rejected(house):
    for region in ("One", "Two"):
        house.team("East", house.team(region))
    _, rows = finished(house, b"agent,manager,office\nRep,,East\n")
    assert (rows[0]["status"], rows[0]["code"]) == ("rejected", "team-ambiguous")


def test_a_repeated_row_is_skipped(house):
    job, rows = finished(house, b"agent,manager,office\nRep,,East\nRep,,East\n")
    assert [row["status"] for row in rows] == ["created", "skipped"]
    assert counts(job)["users"] == 1


def test_chinese_files_as_excel_saves_them_are_read(house):
    content = "姓名,上级,部门\n安娜,主管,华东\n".encode("gb18030")
    mapping = {"name": "姓名", "manager": "上级", "parent_team": "部门"}
    _, rows = finished(house, content, mapping=mapping)
    assert tree(house) == {(None, "华东"), ("华东", "主管")}
    assert [row["email"] for row in rows] == ["user@example.com", "user2@example.com"]


def test_it_goes_on_after_the_chunk_at_which_its_process_died(house, monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 1)
    content = b"agent,manager,office\n" + b"".join(b"Rep %d,Lead,East\n" % number for number in range(6))
    answer = start(house, content)
    real, calls = imports._Importing._apply, []

    def dies_at_the_fourth(self, session, outcomes):
        calls.append(1)
        told = real(self, session, outcomes)
        if len(calls) == 4:
            raise MemoryError("the process is gone")
        return told

    monkeypatch.setattr(imports._Importing, "_apply", dies_at_the_fourth)
    house.auth.run_jobs()
    assert house.auth.scalar("SELECT count(*) FROM users") == 1 + 1 + 3
    with house.auth.session() as session:
        session.execute(text("UPDATE jobs SET lease_until = now() - interval '1 second'"))
    house.auth.run_jobs()

    job = house.done("get_job", job_id=answer.body["job_id"])
    assert (job["state"], job["done"]) == ("done", 6)
    assert counts(job) == {"rows": 6, "created": 6, "skipped": 0, "rejected": 0, "users": 7, "teams": 2}
    house.auth.directory.refresh()
    rows = rows_of(house, job)
    assert [row["agent"] for row in rows] == ["Lead", *(f"Rep {number}" for number in range(6))]
    for row in rows:
        assert house.attempt(row["email"], row["initial_password"]).status == 200


def test_a_cancelled_import_keeps_what_it_has_done_and_leaves_no_passwords_behind(house, monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 1)
    answer = start(house)
    real = tables.Table.chunks

    def cancelled_after_the_first(table, *args, **options):
        for number, rows in enumerate(real(table, *args, **options)):
            if number == 1:
                house.done("cancel_job", job_id=answer.body["job_id"])
            yield rows

    monkeypatch.setattr(tables.Table, "chunks", cancelled_after_the_first)
    house.auth.run_jobs()
    job = house.done("get_job", job_id=answer.body["job_id"])
    assert (job["state"], job["result"]) == ("cancelled", None)
    assert house.auth.scalar("SELECT count(*) FROM users") == 3
    folder = Path(house.auth.settings.blob_store.removeprefix("file://")) / "results"
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_somebody_elses_upload_cannot_be_imported(house):
    other = house.step_up(house.person("Other", roles=("administrator",)))
    answer = house.call("import_users", other, file=house.upload(FILE), mapping=MAPPING, options=OPTIONS)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/file")


def test_a_domain_is_needed_where_addresses_are_made(house):
    answer = start(house, options={})
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/options/email_domain")
    assert start(house, options={"email_domain": "not a domain"}).status == 422


def test_a_file_that_does_not_fit_fails_with_the_reason(house):
    job, _ = finished(house, b"name\nRep\n")
    assert (job["state"], job["error"]) == ("failed", "The file has no column agent, manager, office; it has name")
    job, _ = finished(house, b'agent,manager,office\n"Rep\n')
    assert job["state"] == "failed"
    assert "Line" in job["error"]


def test_an_importer_gives_only_roles_that_he_could_give(house):
    hr = house.person_who_may("HR", {"users:create": "all", "teams:create": "all"})
    assert start(house, who=hr).body["type"] == "beyond-own-rights"
    assert start(house, options={**OPTIONS, "role": "nobody"}).body["type"] == "unknown-role"
    local = house.person_who_may("Local", {"users:create": "team", "teams:create": "all"})
    assert start(house, who=local).body["type"] == "out-of-reach"


def test_rights_lost_after_the_start_stop_the_import(house):
    second = house.step_up(house.person("Second", roles=("administrator",)))
    answer = start(house, who=second)
    house.done("change_user", user_id=second.id, roles=[role_id("analyst")], if_match='"1"')
    house.auth.run_jobs()
    assert house.done("get_job", second, job_id=answer.body["job_id"])["state"] == "failed"
    assert house.auth.scalar("SELECT count(*) FROM teams") == 0


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_sample_sales_teams_come_in_whole(house, dry_run):
    """The shape of the sample data of the walk-through: 35 agents under 6 managers in 3 offices."""
    offices = {"Central": (5, 6), "East": (6, 6), "West": (6, 6)}
    lines = ["agent,manager,office"]
    for office, sizes in offices.items():
        for place, size in enumerate(sizes):
            lines += [
                f"Agent {chr(65 + number)} of {office} {place},Lead {office} {place},{office}" for number in range(size)
            ]
    job, rows = finished(house, "\n".join(lines).encode(), dry_run=dry_run)
    assert counts(job) == {"rows": 35, "created": 35, "skipped": 0, "rejected": 0, "users": 41, "teams": 9}
    assert len(rows) == 41


def test_a_generated_password_is_never_taken_for_a_formula():
    assert all(passwords.generated().isalnum() for _ in range(500))


def test_letters_do_not_wait_for_a_long_import(house, monkeypatch):
    monkeypatch.setattr(imports, "SLICE_SECONDS", 0)
    monkeypatch.setattr(imports, "CHUNK", 1)
    job_id = start(house).body["job_id"]
    house.call("forgot_password", email="nobody@example.com")
    assert house.auth.run_jobs() > 4
    house.auth.directory.refresh()
    job = house.done("get_job", job_id=job_id)
    assert (job["state"], counts(job)["users"]) == ("done", 5)
    ends = "SELECT finished_at FROM jobs WHERE kind = :kind"
    assert house.auth.scalar(ends, kind="send_letter") < house.auth.scalar(ends, kind="run_import")


def test_people_with_an_address_in_the_file_can_be_invited(house):
    content = b"agent,manager,office,mail\nBo Rep,Lead One,East,bo@example.com\nCy Rep,Lead One,East,\n"
    mapping, options = {**MAPPING, "email": "mail"}, {**OPTIONS, "invite": True}
    answer = start(house, content, mapping=mapping, options=options)
    assert answer.status == 202, answer.body
    house.auth.run_jobs()
    house.auth.directory.refresh()
    job = house.done("get_job", job_id=answer.body["job_id"])
    told = {row["email"]: bool(row["initial_password"]) for row in rows_of(house, job)}
    assert told == {"lead.one@example.com": True, "bo@example.com": False, "cy.rep@example.com": True}
    found = {one["email"]: one["has_password"] for one in house.done("find_users")["items"]}
    assert {email: found[email] for email in told} == told
    assert house.auth.scalar("SELECT count(*) FROM jobs WHERE kind = 'send_letter'") == 1
