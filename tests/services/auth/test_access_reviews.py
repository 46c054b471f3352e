"""Access reviews: each manager confirms, or takes away, what his people may see and do."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.testing.tested import together
from services.auth.reviewing import queries
from services.auth.roles import role_id
from tests.services.auth.trail import Trail, entry

REVIEWER = {"audit:read": "all", "audit:review": "all"}


@pytest.fixture
def company(house):
    """A house with an office, two teams below it, a manager of each, and a rep in the east."""
    office = house.team("Office")
    east, west = house.team("East", office), house.team("West", office)
    return {
        "head": house.person("Head", roles=("sales_manager",), teams=(office,)),
        "lead": house.person("Lead", roles=("sales_manager",), teams=(east,)),
        "other": house.person("Other", roles=("sales_manager",), teams=(west,)),
        "rep": house.person("Rep", roles=("sales_rep", "marketer"), teams=(east,)),
        "auditor": house.person_who_may("Auditor", REVIEWER),
    }


def begin(house, company):
    return house.done("begin_review", company["auditor"], days=30)


def lines_of(house, who, review, **wanted):
    return house.done("find_lines", who, review_id=review["id"], limit=200, **wanted)["items"]


def line_about(house, company, review, who, role):
    lines = lines_of(house, company["auditor"], review)
    (line,) = [one for one in lines if (one["user_id"], one["role_id"]) == (str(who.id), str(role_id(role)))]
    return line


def test_each_role_goes_to_the_nearest_manager_and_nobody_reviews_himself(house, company):
    review = begin(house, company)
    lines = lines_of(house, company["auditor"], review)
    reviewers = {(one["user_name"], one["role_name"]): one["reviewer_id"] for one in lines}
    lead, head = str(company["lead"].id), str(company["head"].id)
    assert reviewers["Rep", "sales_rep"] == reviewers["Rep", "marketer"] == lead
    assert reviewers["Lead", "sales_manager"] == reviewers["Other", "sales_manager"] == head
    assert reviewers["Head", "sales_manager"] is None
    assert {one["name"]: one["lines"] for one in review["managers"]} == {"Lead": 2, "Head": 2, None: 3}
    assert review["lines"] == review["open"] == 7


def test_a_line_tells_what_the_role_permits(house, company):
    line = line_about(house, company, begin(house, company), company["rep"], "sales_rep")
    assert line["permissions"]["customers:claim"] == "all"
    assert (line["decision"], line["unused"], line["stale"]) == ("open", [], False)


def test_a_manager_sees_and_decides_only_his_lines(house, company):
    review = begin(house, company)
    line = line_about(house, company, review, company["rep"], "marketer")
    assert {one["user_name"] for one in lines_of(house, company["lead"], review)} == {"Rep"}
    assert house.call("find_lines", company["rep"], review_id=review["id"]).status == 404
    assert house.call("confirm_line", company["other"], line_id=line["id"]).status == 404
    assert house.call("confirm_line", company["rep"], line_id=line["id"]).status == 404
    confirmed = house.done("confirm_line", company["lead"], line_id=line["id"], remark="Still writes the newsletter")
    assert (confirmed["decision"], confirmed["decided_by"]) == ("confirmed", str(company["lead"].id))
    again = house.call("confirm_line", company["lead"], line_id=line["id"])
    assert (again.status, again.body["type"]) == (409, "already-decided")


def test_revoking_takes_the_role_away_everywhere_and_takes_a_step_up(house, company):
    review = begin(house, company)
    line = line_about(house, company, review, company["rep"], "marketer")
    assert house.call("revoke_line", company["lead"], line_id=line["id"]).body["type"] == "step-up-required"

    lead = house.step_up(company["lead"])
    assert house.done("revoke_line", lead, line_id=line["id"])["decision"] == "revoked"

    rep = house.done("get_user", user_id=str(company["rep"].id))
    assert rep["roles"] == [str(role_id("sales_rep"))]
    assert house.told("UserChanged", rep["id"])[-1]["payload"]["roles"] == rep["roles"]
    (noted,) = [one for one in house.auth.audited() if one["action"] == "revoke_line" and one["kind"] == "change"]
    assert (noted["outcome"], noted["actor"]) == ("done", company["lead"].id)


def test_what_is_gone_already_is_moot(house, company):
    review = begin(house, company)
    line = line_about(house, company, review, company["rep"], "marketer")
    user = house.done("get_user", user_id=str(company["rep"].id))
    house.done("change_user", user_id=user["id"], roles=[str(role_id("sales_rep"))], if_match=f'"{user["version"]}"')
    assert house.done("revoke_line", house.step_up(company["lead"]), line_id=line["id"])["decision"] == "moot"


def test_of_parallel_decisions_one_counts(house, company):
    review = begin(house, company)
    line = line_about(house, company, review, company["rep"], "marketer")
    answers = together(6, lambda _: house.auth.call("confirm_line", company["lead"].access, line_id=line["id"]))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409, 409, 409]


def test_the_last_administrator_stays(house, company):
    review = begin(house, company)
    line = line_about(house, company, review, house.admin, "administrator")
    answer = house.call("revoke_line", house.step_up(company["auditor"]), line_id=line["id"])
    assert (answer.status, answer.body["type"]) == (409, "last-administrator")


def test_there_is_one_review_at_a_time_and_it_ends_with_its_last_line(house, company):
    review = begin(house, company)
    assert house.call("begin_review", company["auditor"]).body["type"] == "review-under-way"
    for line in lines_of(house, house.admin, review, open=True):
        who = house.admin if line["user_id"] != str(house.admin.id) else company["auditor"]
        house.done("confirm_line", who, line_id=line["id"])
    done = house.done("get_review", company["auditor"], review_id=review["id"])
    assert (done["open"], done["closed_at"] is not None) == (0, True)
    assert house.call("begin_review", company["auditor"]).status == 201
    assert len(house.done("find_reviews", company["auditor"])["items"]) == 2


def grow_old(house, days=200):
    with house.auth.session() as session:
        session.connection().exec_driver_sql(f"UPDATE users SET created_at = now() - interval '{days} days'")


def test_stale_accounts_and_unused_rights_are_named(house, company):
    grow_old(house)
    rep, trail = company["rep"], Trail(house.auth)
    lately = datetime.now(UTC).isoformat()
    long_ago = (datetime.now(UTC) - timedelta(days=91)).isoformat()
    trail.take(
        "customers",
        entry(1, actor=str(rep.id), at=lately, permission="customers:read"),
        entry(2, actor=str(rep.id), at=long_ago, permission="customers:claim"),
        entry(3, actor=str(rep.id), at=lately, kind="login", permission="public"),
        entry(4, actor=str(company["lead"].id), at=long_ago, kind="login", permission="public"),
    )
    review = begin(house, company)
    line = line_about(house, company, review, rep, "sales_rep")
    assert "customers:read" not in line["unused"]
    assert {"customers:claim", "tickets:create"} <= set(line["unused"])
    assert not line["stale"]
    accounts = [one for one in lines_of(house, company["auditor"], review) if one["kind"] == "account"]
    assert "Lead" in {one["user_name"] for one in accounts}
    assert "Rep" not in {one["user_name"] for one in accounts}
    (lead,) = [one for one in accounts if one["user_name"] == "Lead"]
    house.done("revoke_line", house.step_up(company["head"]), line_id=lead["id"])
    assert not house.done("get_user", user_id=str(company["lead"].id))["active"]


def test_reviewers_with_open_lines_are_reminded_each_week(house, company):
    review = begin(house, company)
    for _ in range(2):
        with house.auth.session() as session:
            session.connection().exec_driver_sql("UPDATE timers SET due_at = now() WHERE kind = 'remind_reviewers'")
        house.auth.fire_timers()
    with house.auth.session() as session:
        asked = queries.reviewers_with_open_lines(session, UUID(review["id"]))
    assert set(asked) == {company["lead"].id, company["head"].id}
    assert house.auth.scalar("SELECT count(*) FROM jobs WHERE kind = 'send_letter'") == 4
    assert house.done("get_review", company["auditor"], review_id=review["id"])["reminders"] == 2


def test_only_auditors_begin_and_look_at_reviews(house, company):
    assert house.call("begin_review", company["head"]).status == 403
    assert house.call("find_reviews", company["head"]).status == 403
    assert house.call("get_review", company["auditor"], review_id=str(new_id())).status == 404
    assert house.call("find_lines", company["auditor"], review_id=str(new_id())).status == 404
