"""A green process waits for its database without keeping others waiting, and not for ever."""

import socket
import subprocess
import sys

PROGRAM = """
from chassis.hosting.green import make_green
make_green()
import eventlet, psycopg2, sys
others = []
eventlet.spawn(others.append, "others worked")
try:
    psycopg2.connect(host="127.0.0.1", port=sys.argv[1], user="nobody", connect_timeout=1)
except psycopg2.OperationalError as error:
    print(*others, error, sep="; ")
"""


def test_a_server_that_accepts_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        command = [sys.executable, "-W", "ignore", "-c", PROGRAM, port]
        told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert told.stdout == "others worked; no sign of the database for 1 s\n", told.stderr
