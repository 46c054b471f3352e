"""The files of the walk-through in the README."""

from pathlib import Path

from tests.services.customers.factories import REP, imported, names, result_rows, seen

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "customers.csv"
MAPPING = {
    "name": "account",
    "sector": "sector",
    "established_year": "year_established",
    "revenue": "revenue",
    "employees": "employees",
    "country": "country",
    "parent_name": "subsidiary_of",
    "contact_name": "contact_name",
    "contact_email": "contact_email",
}


def test_the_example_file_tells_its_story(customers):
    rep = customers.person("Rep", REP)
    rehearsed = imported(customers, rep, EXAMPLE.read_bytes(), mapping=MAPPING, dry_run=True)
    assert [row["code"] for row in result_rows(customers, rep, rehearsed) if row["code"]] == ["unknown-sector"]
    finished = imported(customers, rep, EXAMPLE.read_bytes(), mapping=MAPPING, accept_suggestions=True)
    assert (finished["result"]["created"], finished["result"]["warnings"]) == (12, 0)
    found = customers.call("find_customers", rep, filter='{"field": "sector", "op": "eq", "value": "software"}')
    assert len(names(found)) == 4
    (harbour,) = customers.call("find_customers", rep, q="harbour logistics").body["items"]
    assert names(customers.call("find_subsidiaries", rep, customer_id=harbour["id"])) == ["Example Harbour Software"]
    assert all(
        contact["is_primary"] and contact["email"].endswith("example.com")
        for item in found.body["items"]
        for contact in seen(customers, rep, item["id"])["contacts"]
    )
    assert names(customers.call("find_customers", rep, q="科技")) == ["示例科技有限公司"]
