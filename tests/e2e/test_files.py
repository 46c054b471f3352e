"""Files go up once and down as attachments; nobody gets at another's."""

import csv
import io

import pytest

from tests.e2e.people import Company

pytestmark = pytest.mark.e2e

ROWS = b"name,sector\nFile Example One Ltd,software\nFile Example Two Ltd,medcal\n"


def test_a_result_file_comes_as_an_attachment_with_what_became_of_each_row(company: Company):
    rep = company.hire("sales_rep", company.team("East"))
    job = rep.post("/customers/import", {"file": rep.upload(ROWS), "dry_run": True}).ok()["job_id"]
    result = rep.finished_job("customers", job)["result"]

    file = rep.get(f"/jobs/customers/{job}/file")

    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [(row["name"], row["status"]) for row in rows] == [
        ("File Example One Ltd", "created"),
        ("File Example Two Ltd", "created"),
    ]
    assert "did you mean medical" in rows[1]["message"]
    assert (result["created"], result["warnings"]) == (2, 1)
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert list(rep.all_of("/customers")) == []


def test_the_upload_and_the_job_of_somebody_else_are_not_there(company: Company):
    rep, other = (company.hire("sales_rep", company.team(name)) for name in ("East", "West"))
    file = rep.upload(ROWS)
    job = rep.post("/customers/import", {"file": file, "dry_run": True}).ok()["job_id"]

    assert other.post("/customers/import", {"file": file}).status == 422
    assert other.get(f"/jobs/customers/{job}").status == 404
    assert other.get(f"/jobs/customers/{job}/file").status == 404


def test_a_body_over_a_mebibyte_is_refused_and_a_file_of_that_size_is_not(company: Company):
    rep = company.hire("sales_rep", company.team("East"))
    large = b"name\n" + b"x" * (2 << 20)

    assert rep.upload(large)
    assert rep.post("/customers", {"name": "Example Ltd", "description": "x" * (2 << 20)}).status == 413
