"""The launcher runs, keeps and ends a whole suite; servers are real, services are stand-ins."""

import json
import os
import signal
import stat
import time
from collections.abc import Callable
from urllib.request import urlopen

import pytest

from devservers.ports import wait_until
from devservers.rabbitmq import RabbitNode
from launcher.kept import is_ready
from launcher.suite import SERVICES

from .conftest import Checkout

pytestmark = pytest.mark.slow
Clone = Callable[..., Checkout]


def test_start_brings_everything_up_and_down_leaves_nothing(clone: Clone):
    checkout = clone()
    access = checkout.start()
    assert is_ready(access["url"])
    assert access["admin"]["email"]
    assert len(access["admin"]["password"]) >= 16
    assert json.loads(urlopen(f"{access['smtp_sink']}/messages").read()) == []
    assert len(access["metrics"]) == 2 * len(SERVICES) + 1
    assert all(urlopen(address).status == 200 for address in access["metrics"])
    status = checkout.run("status")
    assert status.returncode == 0, status.stdout
    assert "customers-work" in status.stdout

    assert "runs already" in checkout.run("up").stdout
    assert checkout.run("start").returncode == 0

    begin = time.monotonic()
    assert checkout.run("down").returncode == 0
    assert time.monotonic() - begin < 15
    assert checkout.left_running() == []
    assert checkout.run("status").returncode == 3
    assert "drained" in (checkout.run_folder / "logs" / "customers-serve.log").read_text()


def test_secrets_are_the_owners_only_and_stay_the_same(clone: Clone, shared_broker: RabbitNode):
    checkout = clone(AMQP_URL=shared_broker.amqp_url())
    first = checkout.start()
    checkout.run("down")
    for private in [checkout.run_folder / "access.json", *(checkout.run_folder / "secrets").iterdir()]:
        assert stat.S_IMODE(private.stat().st_mode) == 0o600, private
    assert checkout.start()["admin"] == first["admin"]
    checkout.run("down")
    password = first["admin"]["password"]
    assert not any(password in log.read_text() for log in (checkout.run_folder / "logs").glob("*.log"))


def test_a_killed_process_is_started_again(clone: Clone, shared_broker: RabbitNode):
    checkout = clone(AMQP_URL=shared_broker.amqp_url())
    checkout.start()
    for name in ("tickets-serve", "postgresql", "mailcatcher"):
        before = checkout.process(name)
        os.kill(before["pid"], signal.SIGKILL)
        checkout.wait_for_restart(name)
        assert checkout.process(name)["port"] == before["port"]
    wait_until(lambda: checkout.run("status").returncode == 0, "all well", 20)
    checkout.run("down")


def test_a_killed_launcher_leaves_nothing_that_hinders_the_next(clone: Clone, shared_broker: RabbitNode):
    checkout = clone(AMQP_URL=shared_broker.amqp_url())
    checkout.start()
    left = checkout.left_running()
    assert len(left) > 10
    os.kill(checkout.launcher().pid, signal.SIGKILL)
    wait_until(lambda: not checkout.launcher().alive, "the end of the launcher", 5)
    status = checkout.run("status")
    assert status.returncode == 3
    assert "left" in status.stdout

    access = checkout.start()
    assert is_ready(access["url"])
    assert not any(process.alive for process in left)
    checkout.run("down")


def test_down_ends_what_a_killed_launcher_left_behind(clone: Clone, shared_broker: RabbitNode):
    checkout = clone(AMQP_URL=shared_broker.amqp_url())
    checkout.start()
    os.kill(checkout.launcher().pid, signal.SIGKILL)
    checkout.run("down")
    assert checkout.left_running() == []


def test_ctrl_c_stops_a_suite_in_the_foreground(clone: Clone, shared_broker: RabbitNode):
    checkout = clone(AMQP_URL=shared_broker.amqp_url())
    launcher = checkout.foreground()
    launcher.send_signal(signal.SIGINT)
    output, _ = launcher.communicate(timeout=30)
    assert launcher.returncode == 0, output
    assert output.rstrip().endswith("stopped")
    assert checkout.left_running() == []


def test_a_suite_that_cannot_start_says_why_and_leaves_nothing(clone: Clone, shared_broker: RabbitNode):
    checkout = clone(AMQP_URL=shared_broker.amqp_url())
    (checkout.folder / "broken").write_text("services.tickets")
    result = checkout.run("start")
    assert result.returncode == 1
    assert "the disk is made of cheese" in result.stdout
    assert checkout.left_running() == []
    migrated = checkout.run("migrate")
    assert migrated.returncode == 1
    assert "cheese" in migrated.stdout
    (checkout.folder / "broken").unlink()
    assert checkout.run("migrate").returncode == 0
    assert checkout.left_running() == []


def test_two_clones_run_side_by_side(clone: Clone, shared_broker: RabbitNode):
    one, two = (clone(AMQP_URL=shared_broker.amqp_url(f"clone-{n}"), CLONE=str(n)) for n in "12")
    first, second = one.start(), two.start()
    assert first["url"] != second["url"]
    assert not set(first["metrics"]) & set(second["metrics"])
    one.run("down")
    assert one.left_running() == []
    assert is_ready(second["url"])
    assert len(two.left_running()) > 10
    two.run("down")


def test_given_servers_are_used_and_left_alone(clone: Clone, shared_broker: RabbitNode, scratch_postgres):
    checkout = clone(AMQP_URL=shared_broker.amqp_url(), DATABASE_URL=scratch_postgres.url())
    checkout.start()
    names = {one["name"] for one in checkout.state()["processes"] if one["pid"]}
    assert not names & {"rabbitmq", "postgresql"}
    assert "given" in checkout.run("status").stdout
    checkout.run("down")
    assert scratch_postgres.alive
    assert shared_broker.alive


def test_logs_show_one_service_with_its_names(clone: Clone, shared_broker: RabbitNode):
    checkout = clone(AMQP_URL=shared_broker.amqp_url())
    checkout.start()
    shown = checkout.run("logs", "customers", "--no-follow").stdout
    assert "customers-serve | services.customers serve listens" in shown
    assert "tickets" not in shown
    assert "there are:" in checkout.run("logs", "nonsense", "--no-follow").stdout
    checkout.run("down")
