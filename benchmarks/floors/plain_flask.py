"""The floor of the gateway: a plain Flask app with the same queries on the same database, and no bus.

It checks the caller's rights with the same directory and the same SQL, because that is what a web application would
do too. It runs as ``gunicorn 'benchmarks.floors.plain_flask:create_app()'``.
"""

from typing import Any
from uuid import UUID

import flask

from chassis.events import encode
from chassis.identity.caller import Caller
from chassis.runtime import Runtime
from chassis.settings import Settings
from services.customers import queries
from services.customers.service import CustomersService

THREADS = 32


def create_app() -> flask.Flask:
    """The app with one customer and a list of them."""
    runtime = Runtime.of(CustomersService, Settings.load(), connections=THREADS)
    database, directory = runtime.database, runtime.directory
    app = flask.Flask(__name__)

    def caller() -> Caller:
        token = flask.request.headers["Authorization"].removeprefix("Bearer ")
        found = directory.authenticate(token)
        found.require("customers:read")
        return found

    @app.get("/api/v1/customers/<uuid:customer_id>")
    def get_customer(customer_id: UUID) -> flask.Response:
        with database.reading() as session:
            session.info.update(runtime.context)
            return _json(_shown(queries.get_customer(session, caller(), customer_id)))

    @app.get("/api/v1/customers")
    def find_customers() -> flask.Response:
        limit = int(flask.request.args["limit"])
        search: dict[str, Any] = {"q": None, "filter": None, "sort": "-created_at", "limit": limit, "cursor": None}
        with database.reading() as session:
            session.info.update(runtime.context)
            page = queries.find_customers(session, caller(), in_pool=None, **search)
            return _json(page | {"items": [_shown(one) for one in page["items"]]})

    return app


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    """The record without what only tells which of its fields its pool hides."""
    record.pop("withheld", None)
    return record


def _json(content: Any) -> flask.Response:
    return flask.Response(encode(content), mimetype="application/json")
