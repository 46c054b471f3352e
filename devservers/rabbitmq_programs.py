"""Where a RabbitMQ server can be had on this machine, and how each kind of it is started as a private node."""

import os
import secrets
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from devservers import debian
from devservers.containers import Container, docker_works
from devservers.ports import HOST
from devservers.rabbitmq_identity import NodeIdentity
from devservers.server import Command

PACKAGE = "rabbitmq-server"
IMAGE = "rabbitmq:4-management"

# The distribution's own scripts, without the wrapper in /usr/sbin that insists on the system's account and folder.
_SCRIPT_FOLDERS = ("/usr/lib/rabbitmq/bin", "/usr/local/lib/rabbitmq/bin", "/opt/rabbitmq/sbin")


class RabbitProgram(Protocol):
    """A RabbitMQ server that can be started for a folder."""

    origin: str

    def command(self, folder: Path, identity: NodeIdentity) -> Command:
        """The command that runs the node in the foreground."""

    def let_go(self, folder: Path, number: signal.Signals) -> None:
        """Signal what the command's process cannot reach (a container)."""

    def forget(self, folder: Path) -> None:
        """Delete data kept outside the folder."""


class ScriptedRabbit:
    """RabbitMQ's start script, installed or unpacked."""

    def __init__(self, script: Path, origin: str, environment: dict[str, str] | None = None) -> None:
        self.script = script
        self.origin = origin
        self.environment = environment or {}

    def command(self, folder: Path, identity: NodeIdentity) -> Command:
        """The start script, told by its environment to use nothing outside the folder."""
        _write_settings(folder, identity)
        _write_cookie(folder / "home")
        environment = {**self.environment, **_node_environment(folder, identity)}
        return Command((str(self.script),), environment, folder / "home")

    def let_go(self, folder: Path, number: signal.Signals) -> None:
        """Nothing: every process is a child of ours."""

    def forget(self, folder: Path) -> None:
        """Nothing: all data is in the folder."""


class ContainedRabbit:
    """RabbitMQ's official image in a container."""

    origin = f"Docker image {IMAGE}"

    def command(self, folder: Path, identity: NodeIdentity) -> Command:
        """`docker run` in the foreground."""
        container = Container.of(folder, "rabbitmq")
        account = {"RABBITMQ_DEFAULT_USER": identity.user, "RABBITMQ_DEFAULT_PASS": identity.password}
        argv = container.run(IMAGE, {identity.port: 5672}, account, "/var/lib/rabbitmq", ("--hostname", "rockpool"))
        return Command(argv, account)

    def let_go(self, folder: Path, number: signal.Signals) -> None:
        """Signal the container itself."""
        Container.of(folder, "rabbitmq").signal(number)

    def forget(self, folder: Path) -> None:
        """Remove the volume."""
        Container.of(folder, "rabbitmq").forget()


def find_program(packages: Path = debian.PACKAGES) -> RabbitProgram:
    """The first RabbitMQ that fits: installed, by apt, unpacked below `packages`, Docker; CannotGet tells the rest."""
    reasons = []
    ways: tuple[Callable[[Path], RabbitProgram], ...] = (_installed, _by_apt, _unpacked, _in_docker)
    for way in ways:
        try:
            return way(packages)
        except debian.CannotGet as reason:
            reasons.append(f"  - {reason}")
    raise debian.CannotGet(
        "There is no RabbitMQ server here and none could be had:\n" + "\n".join(reasons) + f"\n"
        f"Install it with `sudo apt-get install {PACKAGE}`, or set AMQP_URL to the address of a server."
    )


def unpacked_program(packages: Path, as_if_missing: tuple[str, ...] = ("erlang-", "rabbitmq-")) -> RabbitProgram:
    """RabbitMQ and Erlang from Debian's packages, unpacked below `packages` and moved to where they lie."""
    root = debian.unpack([PACKAGE], packages / "rabbitmq", as_if_missing)
    erlang = root / "usr/lib/erlang"
    scripts = [*erlang.glob("bin/*"), *erlang.glob("erts-*/bin/*"), *erlang.glob("releases/RELEASES")]
    debian.relocate(root, (script for script in scripts if _is_text(script)), "/usr/lib/erlang")
    path = f"{erlang}/bin:{os.environ.get('PATH', '/usr/bin:/bin')}"
    environment = {"PATH": path, "ERL_ROOTDIR": str(erlang), **debian.library_path(root)}
    return ScriptedRabbit(
        root / "usr/lib/rabbitmq/bin/rabbitmq-server", f"Debian packages unpacked below {packages}", environment
    )


def _installed(packages: Path) -> RabbitProgram:
    script = installed_script()
    if script is None:
        raise debian.CannotGet("none is installed")
    return ScriptedRabbit(script, f"installed, {script}")


def _by_apt(packages: Path) -> RabbitProgram:
    debian.install([PACKAGE], ["rabbitmq-server.service", "epmd.service", "epmd.socket"])
    script = installed_script()
    if script is None:
        raise debian.CannotGet(f"apt installed {PACKAGE}, but its start script is nowhere")
    return ScriptedRabbit(script, f"installed just now with apt, {script}")


def _unpacked(packages: Path) -> RabbitProgram:
    return unpacked_program(packages)


def _in_docker(packages: Path) -> RabbitProgram:
    if not docker_works():
        raise debian.CannotGet("no Docker that answers")
    return ContainedRabbit()


def installed_script() -> Path | None:
    """The start script of an installed server that we can run ourselves."""
    for folder in _SCRIPT_FOLDERS:
        script = Path(folder) / "rabbitmq-server"
        if script.is_file() and os.access(script, os.X_OK):
            return script
    return None


def _node_environment(folder: Path, identity: NodeIdentity) -> dict[str, str]:
    return {
        "HOME": str(folder / "home"),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "ERL_EPMD_PORT": str(identity.epmd_port),
        "ERL_EPMD_ADDRESS": HOST,
        "RABBITMQ_NODENAME": identity.name,
        "RABBITMQ_DIST_PORT": str(identity.dist_port),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "absent.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "data" / "config"),
        "RABBITMQ_SCHEMA_DIR": str(folder / "data" / "schema"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "data" / "rabbitmq.pid"),
        # Makes the script replace itself by the Erlang machine instead of watching over it.
        "RUNNING_UNDER_SYSTEMD": "true",
    }


def _write_settings(folder: Path, identity: NodeIdentity) -> None:
    (folder / "enabled_plugins").write_text("[].\n")
    settings = folder / "rabbitmq.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        f"listeners.tcp.1 = {HOST}:{identity.port}\n"
        f"default_user = {identity.user}\n"
        f"default_pass = {identity.password}\n"
        "log.console = true\n"
        "log.console.level = info\n"
        "log.file = false\n"
        "disk_free_limit.absolute = 100MB\n"
        "vm_memory_high_watermark.relative = 0.5\n"
    )


def _write_cookie(home: Path) -> None:
    cookie = home / ".erlang.cookie"
    if not cookie.exists():
        home.mkdir(parents=True, exist_ok=True)
        cookie.touch(mode=0o600)
        cookie.write_text(secrets.token_hex(20))
        cookie.chmod(0o400)


def _is_text(file: Path) -> bool:
    return file.is_file() and b"\0" not in file.read_bytes()[:512]
