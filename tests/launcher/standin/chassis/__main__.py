"""Stands in for a service: `migrate` checks its database, `serve` and `work` answer /readyz until SIGTERM."""

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg2


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{sys.argv[1:]}\n".encode())

    def log_message(self, *_: object) -> None:
        pass


def setting(name: str) -> str:
    return Path(os.environ[f"{name}_FILE"]).read_text(encoding="utf-8")


def main() -> None:
    command, service = sys.argv[1:3]
    database = psycopg2.connect(setting("DATABASE_URL").replace("+psycopg2", ""))
    if not setting("AMQP_URL").startswith("amqp://") or len(setting("SECRET_KEY")) < 43:
        sys.exit("wrong settings")
    if service == "services.auth" and command == "migrate" and not setting("ADMIN_PASSWORD"):
        sys.exit("no password for the first administrator")
    if Path("broken").exists() and Path("broken").read_text() == service:
        sys.exit(f"{service} cannot be migrated: the disk is made of cheese")
    database.close()
    if command == "migrate":
        return
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["HEALTH_PORT"])), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{service} {command} listens", flush=True)
    stop.wait()
    print(f"{service} {command} drained", flush=True)


main()
