"""The walk-through of the README, word for word, and what it leaves behind."""

import re
import subprocess
from pathlib import Path

import pytest

from launcher.places import CHECKOUT
from tests.e2e.person import Person
from tests.e2e.suite import WholeSuite

pytestmark = pytest.mark.e2e

TEAM = ("Ana", "Ben", "Chen", "Dina", "Emil", "Fay", "Mia", "Noor")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def said(suite: WholeSuite, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the commands of the walk-through print, in a folder that looks like the checkout."""
    checkout = tmp_path_factory.mktemp("checkout")
    (checkout / ".run").symlink_to(suite.places.run)
    (checkout / "docs").symlink_to(CHECKOUT / "docs")
    script = "set -eo pipefail\n" + "\n".join(blocks())
    result = subprocess.run(
        ["bash", "-c", script], cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def blocks() -> list[str]:
    """The commands of the walk-through."""
    _, _, rest = Path(CHECKOUT / "README.md").read_text(encoding="utf-8").partition("## Walk-through\n")
    return BLOCK.findall(rest.partition("\n## ")[0])


def test_the_team_is_in(said: str, admin: Person):
    people = {one["email"]: one for one in admin.all_of("/users") if one["name"] in TEAM}
    teams = {one["id"]: one for one in admin.all_of("/teams") if one["name"] in ("Mia", "Noor", "Harbour")}

    assert sorted(one["name"] for one in people.values()) == sorted(TEAM)
    assert {teams[one["teams"][0]]["name"] for one in people.values()} == {"Mia", "Noor"}
    above = {teams[one["parent_id"]]["name"] for one in teams.values() if one["parent_id"]}
    assert above == {"Harbour"}


def test_the_dry_run_warned_of_the_misspelt_sector(said: str):
    assert '"value": "technolgy"' in said
    assert '"suggestion": "technology"' in said


def test_the_customers_are_in_with_parent_and_corrected_sector(said: str, admin: Person):
    customers = {one["name"]: one for one in admin.all_of("/customers") if not one["name"].startswith("Mailed")}

    assert customers["Specimen Devices"]["sector"] == "technology"
    parent = customers["Example Harbour Software"]["parent_id"]
    assert parent == customers["Example Harbour Logistics"]["id"]
    assert customers["Example Harbour Logistics"]["in_pool"]


def test_the_page_has_everything(said: str, admin: Person):
    customer = next(one for one in admin.all_of("/customers", q="cloud") if one["name"] == "Sample Cloud Systems")
    page = admin.get(f"/customers/{customer['id']}/overview").ok()
    ana = next(one for one in admin.all_of("/users") if one["email"] == "ana@example.com")

    assert page["customer"]["owner_id"] == ana["id"]
    subjects = [one["subject"] for one in page["timeline"]["items"]]
    assert sorted(subjects) == ["Introduced ourselves", "Sent the brochure", "Showed the product"]
    assert [one["state"] for one in page["tickets"]["items"]] == ["solved"]
    assert [one["state"] for one in page["campaigns"]["items"]] == ["sent"]
    assert page["missing"] == []
    how = [line["how"] for line in admin.get(f"/customers/{customer['id']}/owners").ok()["items"]]
    assert how == ["claim", "release", "claim", "import"]


def test_the_software_companies_got_mail(said: str, suite: WholeSuite):
    subjects = [message["subject"] for message in suite.mail.messages()]

    assert subjects.count("News for Sample Cloud Systems") == 1
    assert subjects.count("News for 示例科技有限公司") == 1
    assert "News for Specimen Devices" not in subjects
