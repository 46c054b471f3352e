"""The command line of every service process: ``python -m chassis serve services.customers``."""

import argparse
import sys


def main() -> None:
    """Run one command; ``serve`` becomes green before anything else is imported."""
    if sys.argv[1:2] == ["serve"]:
        from chassis.hosting.green import make_green

        make_green()
    from chassis.command_line import COMMANDS

    parser = argparse.ArgumentParser(prog="python -m chassis", description="Run a part of a Rockpool service.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(commands)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
