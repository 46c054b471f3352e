"""docker-compose.yml: confined containers, secrets from files, an order of starting, nothing open to the outside."""

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from chassis.command_line import service_in
from gateway.settings import GatewaySettings
from tests.deploy.conftest import run

Compose = dict[str, Any]

CAPABILITIES_TO_GIVE_UP_ROOT = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}
SECRET_SETTINGS = {
    *("DATABASE_URL", "AMQP_URL", "SMTP_URL", "ADMIN_PASSWORD", "POSTGRES_PASSWORD"),
    *("SECRET_KEY", "ENCRYPTION_KEYS", "SUITE_KEYS"),
}


LEFT_ALONE = {"IDENTITY_SERVICE"}
"""For a suite whose users are another service's; here they are those of auth."""


def settings_classes(services: list[str]) -> dict[str, Any]:
    """The settings of each service and of the gateway."""
    hosted = {service: service_in(f"services.{service}").settings_class for service in services}
    return {**hosted, "gateway": GatewaySettings}


def one_off(container: dict[str, Any]) -> bool:
    return container.get("restart") == "no"


def sources(container: dict[str, Any]) -> set[str]:
    """The secrets that a container is given."""
    return {item if isinstance(item, str) else item["source"] for item in container.get("secrets", [])}


def test_every_container_is_confined(compose: Compose) -> None:
    for name, container in compose["services"].items():
        assert container["read_only"] is True, name
        assert container["cap_drop"] == ["ALL"], name
        assert set(container.get("cap_add", [])) <= CAPABILITIES_TO_GIVE_UP_ROOT, name
        assert container["security_opt"] == ["no-new-privileges:true"], name
        assert container["mem_limit"], name
        assert container["pids_limit"], name
        assert any(str(mount).startswith("/tmp") for mount in container["tmpfs"]), name
        assert not container.get("privileged"), name


def test_what_runs_for_long_comes_back_and_is_checked(compose: Compose) -> None:
    for name, container in compose["services"].items():
        if one_off(container):
            assert container["healthcheck"] == {"disable": True}, name
        else:
            assert container["restart"] == "unless-stopped", name
            # The suite's own image brings its check along.
            assert "healthcheck" in container or "rockpool:local" in container["image"], name


def test_each_service_migrates_then_serves_and_works(compose: Compose, services: list[str]) -> None:
    containers = compose["services"]
    for service in services:
        migrated = {f"{service}-migrate": {"condition": "service_completed_successfully"}}
        assert one_off(containers[f"{service}-migrate"])
        for process in ("migrate", "serve", "work"):
            container = containers[f"{service}-{process}"]
            assert container["command"] == ["python", "-m", "chassis", process, f"services.{service}"]
            assert container["stop_grace_period"] == "25s"
            if process != "migrate":
                assert migrated.items() <= container["depends_on"].items()
    assert sorted(containers["databases"]["environment"]["SERVICES"].split()) == services


def test_a_service_is_given_nobody_elses_secrets(compose: Compose, services: list[str]) -> None:
    for service in services:
        own = {f"{service}_database_url", f"{service}_amqp_url", f"{service}_secret_key", f"{service}_encryption_keys"}
        for process in ("serve", "work"):
            given = sources(compose["services"][f"{service}-{process}"])
            assert own <= given
            assert given - own - {"suite_keys"} <= ({"smtp_url"} if service in ("auth", "campaigns") else set())
    assert sources(compose["services"]["gateway"]) == {"gateway_amqp_url", "suite_keys"}
    holders = [name for name, container in compose["services"].items() if "admin_password" in sources(container)]
    assert holders == ["auth-migrate"]


def test_no_secret_stands_in_the_file(compose: Compose, root: Path) -> None:
    for name, container in compose["services"].items():
        assert not SECRET_SETTINGS & set(container.get("environment", {})), name
    text = (root / "docker-compose.yml").read_text(encoding="utf-8")
    assert not re.search(r"://[^/\s:]+:[^@/\s]+@", text), "an address with a password"


def test_every_secret_is_generated(compose: Compose, root: Path, secrets: Path) -> None:
    folder = Path("deploy/docker/secrets")
    wanted = {Path(secret["file"]) for secret in compose["secrets"].values()}
    assert {path.parent for path in wanted} == {folder}
    assert {path.name for path in wanted} <= {path.name for path in secrets.iterdir()}
    used = set().union(*(sources(container) for container in compose["services"].values()))
    assert used == set(compose["secrets"])
    assert run("git", "check-ignore", folder / "postgres_password", cwd=root)


def test_the_gateway_cannot_reach_a_database(compose: Compose) -> None:
    assert "database" not in compose["services"]["gateway"]["networks"]
    assert compose["networks"]["database"] == {"internal": True}
    assert compose["networks"]["bus"] == {"internal": True}


def test_only_who_sends_mail_reaches_the_mail_server(compose: Compose) -> None:
    senders = [name for name, container in compose["services"].items() if "mail" in container.get("networks", [])]
    assert sorted(senders) == ["auth-work", "campaigns-work", "mail"]


def test_what_is_read_for_a_while_is_kept_on_the_disk(compose: Compose) -> None:
    for name, container in compose["services"].items():
        if "rockpool:local" in container["image"]:
            folder = container["environment"]["TMPDIR"]
            assert f"scratch:{folder}" in container["volumes"], name


def test_every_setting_can_be_given(compose: Compose, services: list[str]) -> None:
    containers = compose["services"]
    in_the_image = {"HEALTH_HOST", "HEALTH_PORT", "GATEWAY_HOST", "GATEWAY_PORT"}
    for name, settings in settings_classes(services).items():
        for process in ["gateway"] if name == "gateway" else [f"{name}-migrate", f"{name}-serve", f"{name}-work"]:
            wanted = {field.name.upper() for field in fields(settings)} - in_the_image - LEFT_ALONE
            given = {setting.removesuffix("_FILE") for setting in containers[process]["environment"]}
            only_first = set() if process == "auth-migrate" else {"ADMIN_EMAIL", "ADMIN_PASSWORD"}
            assert wanted - only_first <= given, process


def test_ports_are_open_on_this_machine_only(compose: Compose) -> None:
    for container in compose["services"].values():
        for port in container.get("ports", []):
            assert re.match(r"(127\.0\.0\.1|\$\{GATEWAY_BIND:-127\.0\.0\.1\}):", port)


def test_everything_that_is_named_is_there(compose: Compose) -> None:
    for name, container in compose["services"].items():
        assert set(container.get("networks", [])) <= set(compose["networks"]), name
        assert set(container.get("depends_on", {})) <= set(compose["services"]), name
        volumes = {str(mount).partition(":")[0] for mount in container.get("volumes", [])}
        assert {volume for volume in volumes if not volume.startswith(".")} <= set(compose["volumes"]), name


def test_compose_itself_accepts_the_file(root: Path) -> None:
    for command in (["docker", "compose"], ["docker-compose"]):
        if answers([*command, "version"]):
            run(*command, "--profile", "*", "config", "--quiet", cwd=root)
            return
    pytest.skip("Docker Compose is not installed here; the other tests of this module have read the file")


def answers(command: list[str]) -> bool:
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True, check=False).returncode == 0
