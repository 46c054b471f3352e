"""The small parts of the launcher."""

import json
import os
import socket
import stat
import threading
from pathlib import Path
from wsgiref.simple_server import make_server

import pytest

from chassis import health
from chassis.testing.tested import together
from devservers.ports import free_port
from launcher.gateway_port import reserved_port
from launcher.kept import Kept, readiness
from launcher.places import Places, write_private
from launcher.remembered_ports import remembered_ports
from launcher.secret_files import Secrets
from launcher.state import hold, read_state
from launcher.suite import Addresses, gateway_program, migration


class Fragile:
    """A process that dies as often as a test likes."""

    def __init__(self) -> None:
        self.alive, self.pid, self.port, self.launches = False, None, 1, 0

    def launch(self) -> None:
        self.alive, self.launches = True, self.launches + 1

    def start(self, timeout: float = 0) -> None:
        self.launch()

    def stop(self) -> None: ...
    def kill(self) -> None: ...


def test_ports_stay_the_same_unless_somebody_took_one(tmp_path):
    file = tmp_path / "ports.json"
    first = remembered_ports(file, ["a", "b"])
    assert remembered_ports(file, ["a", "b"]) == first
    with socket.create_server(("127.0.0.1", first["a"])):
        second = remembered_ports(file, ["a", "b", "c"])
    assert second["a"] != first["a"]
    assert second["b"] == first["b"]
    assert len(set(second.values())) == 3


@pytest.mark.parametrize("content", ["", "[]", '{"a": "x"}', '{"a": 70000'])
def test_a_broken_list_of_ports_is_made_anew(tmp_path, content):
    (tmp_path / "ports.json").write_text(content)
    assert remembered_ports(tmp_path / "ports.json", ["a"])["a"] > 0


def test_a_secret_is_made_up_once_and_hard_to_guess(tmp_path):
    secrets = Secrets(tmp_path)
    secret = secrets.generated("auth_secret_key")
    assert len(secret) == 43
    assert Secrets(tmp_path).generated("auth_secret_key") == secret
    assert secrets.generated("tickets_secret_key") != secret
    assert stat.S_IMODE((tmp_path / "auth_secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize("method", ["generated_file", "keyring_file"])
def test_services_that_are_made_ready_side_by_side_share_one_secret(tmp_path, method):
    make = getattr(Secrets(tmp_path), method)
    for number in range(50):
        read = together(8, lambda _, name=f"shared_{number}": Path(make(name)).read_text())
        assert len(set(read)) == 1


def test_no_process_names_a_secret_that_is_not_there_yet(tmp_path):
    places, addresses = Places(tmp_path), Addresses(8000, "smtp://127.0.0.1:25")
    secrets = Secrets(places.secrets)
    places.prepare()
    for told in ("amqp_url", "auth_database_url"):
        secrets.keep(told, "told by a server")

    programs = [migration("auth", places, secrets, addresses), gateway_program(places, secrets, addresses)]

    named = {
        value for program in programs for name, value in program.environment.items() if value and name.endswith("_FILE")
    }
    assert all(Path(file).read_text() for file in named)
    assert len(named) == 6


def test_a_private_file_was_never_readable_by_others_even_if_it_was_before(tmp_path):
    file = tmp_path / "access.json"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new", 0o600)


def test_a_process_that_is_not_ready_says_what_it_lacks():
    with make_server("127.0.0.1", 0, health.application({"broker": lambda: False, "database": lambda: True})) as server:
        threading.Thread(target=server.serve_forever).start()
        ready, said = readiness(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()

    assert not ready
    assert json.loads(said)["parts"] == {"broker": False, "database": True}
    assert "refused" in readiness(f"http://127.0.0.1:{free_port()}")[1]


def test_only_one_launcher_holds_the_lock(tmp_path):
    first = hold(tmp_path / "lock")
    assert first is not None
    with first:
        assert hold(tmp_path / "lock") is None
    second = hold(tmp_path / "lock")
    assert second is not None
    second.close()


def test_the_gateway_takes_the_next_port_that_nobody_has_or_is_about_to_take(monkeypatch):
    start = free_port()
    monkeypatch.setenv("GATEWAY_PORT", str(start))
    with reserved_port() as one, reserved_port() as two:
        assert start <= one < two
        with socket.create_server(("127.0.0.1", two + 1)), reserved_port() as three:
            assert three > two + 1
    with reserved_port() as again:
        assert again == one


@pytest.mark.parametrize("content", ["", "{}", '{"launcher": {"pid": 1}}', "null"])
def test_a_broken_state_counts_as_nothing_runs(tmp_path, content):
    (tmp_path / "state.json").write_text(content)
    assert not read_state(Places(tmp_path)).running


def test_a_state_of_another_process_with_our_launchers_id_counts_as_nothing_runs(tmp_path):
    state = {"launcher": {"pid": os.getpid(), "started": 1}, "ready": True, "url": "http://x", "processes": []}
    (tmp_path / "state.json").write_text(json.dumps(state))
    assert not read_state(Places(tmp_path)).running


def test_a_process_that_keeps_dying_is_started_ever_more_rarely(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("launcher.kept.time.monotonic", lambda: now[0])
    fragile = Fragile()
    kept = Kept("fragile", fragile)
    kept.start(1)
    pauses = []
    for _ in range(7):
        fragile.alive = False
        assert "ended" in (kept.look() or "")
        begin = now[0]
        while not fragile.alive:
            now[0] += 0.25
            kept.look()
        pauses.append(now[0] - begin)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert kept.restarts == 7
    now[0] += 61
    kept.look()
    fragile.alive = False
    assert "in 1 s" in (kept.look() or "")
