"""python -m launcher up|start|down|status|logs|demo|migrate"""

import argparse
import os
import sys
from collections.abc import Sequence

from launcher import commands
from launcher.logs import logs
from launcher.migrating import migrate_all
from launcher.places import Places
from launcher.status import status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options, Places.of_checkout())
    except BrokenPipeError:  # somebody read only the first lines
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - what is still unwritten goes nowhere
        return 0


def _run(options: argparse.Namespace, places: Places) -> int:
    match options.command:
        case "up":
            return commands.up(places, options.in_background)
        case "start":
            return commands.start(places)
        case "down":
            return commands.down(places)
        case "status":
            return status(places)
        case "logs":
            return logs(places, options.service, options.lines, not options.no_follow)
        case "demo":
            return commands.demo(places)
        case _:
            return migrate_all(places)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m launcher", description="Runs the whole suite on this machine.")
    parts = parser.add_subparsers(dest="command", required=True)
    up = parts.add_parser("up", help="run in the foreground; Ctrl-C stops everything")
    up.add_argument("--in-background", action="store_true", help=argparse.SUPPRESS)
    parts.add_parser("start", help="run in the background; ends when the suite is ready")
    parts.add_parser("down", help="stop everything")
    parts.add_parser("status", help="show what runs")
    parts.add_parser("demo", help="fill the running suite with demo data")
    parts.add_parser("migrate", help="bring all databases up to date")
    follow = parts.add_parser("logs", help="follow the logs")
    follow.add_argument("service", nargs="?", help="only this process or service")
    follow.add_argument("--lines", type=int, default=20, help="how many old lines of each log")
    follow.add_argument("--no-follow", action="store_true", help="end after the old lines")
    return parser


if __name__ == "__main__":
    sys.exit(main())
