"""make-secrets: strong, one for each purpose, kept when they are there, and closed to other people."""

import json
import shutil
from pathlib import Path

from chassis.encryption.keyring import Keyring
from chassis.settings import database_url, secret_bytes
from tests.deploy.conftest import ROOT, run

MAKE_SECRETS = ROOT / "deploy/docker/make-secrets"
MADE_OF_OTHERS = ("_url", ".json")


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_no_two_secrets_are_the_same_and_none_is_short(secrets: Path) -> None:
    drawn = {name: value for name, value in contents(secrets).items() if not name.endswith(MADE_OF_OTHERS)}
    assert len(set(drawn.values())) == len(drawn)
    assert all(len(value) >= 24 for value in drawn.values())


def test_the_services_can_read_them(secrets: Path, services: list[str]) -> None:
    for service in services:
        assert len(secret_bytes((secrets / f"{service}_secret_key").read_text(encoding="utf-8"))) >= 32
        assert Keyring.read((secrets / f"{service}_encryption_keys").read_text(encoding="utf-8")).ids == ("1",)
        address = database_url((secrets / f"{service}_database_url").read_text(encoding="utf-8"))
        password = (secrets / f"{service}_database_password").read_text(encoding="utf-8")
        assert address == f"postgresql+psycopg2://{service}:{password}@postgres:5432/{service}"


def test_other_people_on_the_machine_cannot_read_them(secrets: Path) -> None:
    assert secrets.stat().st_mode & 0o777 == 0o700
    # A container reads its file under another user id; the folder is what keeps others out.
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o444}


def test_a_second_run_changes_nothing(secrets: Path) -> None:
    before = contents(secrets)
    run(MAKE_SECRETS, secrets)
    assert contents(secrets) == before


def test_a_deleted_secret_is_drawn_anew_with_all_that_is_made_of_it(secrets: Path, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    shutil.copytree(secrets, folder)
    before = contents(folder)
    (folder / "tickets_amqp_password").unlink()
    run(MAKE_SECRETS, folder)
    changed = {name for name, value in contents(folder).items() if before[name] != value}
    assert changed == {"tickets_amqp_password", "tickets_amqp_url", "rabbitmq_definitions.json"}


def test_each_service_is_a_user_of_the_broker(secrets: Path, services: list[str]) -> None:
    definitions = json.loads((secrets / "rabbitmq_definitions.json").read_text(encoding="utf-8"))
    passwords = {user["name"]: user["password"] for user in definitions["users"]}
    for name in [*services, "gateway"]:
        address = (secrets / f"{name}_amqp_url").read_text(encoding="utf-8")
        assert address == f"amqp://{name}:{passwords[name]}@rabbitmq:5672/rockpool"
    assert [user["name"] for user in definitions["users"] if user["tags"]] == ["operator"]
