"""Puts the gateway together."""

import flask

from chassis import logging
from chassis.blobs import open_blob_store
from chassis.bus import BusClient
from chassis.encryption.files import SealedBlobStore
from gateway import problems
from gateway.callers import Callers
from gateway.descriptions import Descriptions
from gateway.documentation import Documentation
from gateway.edge import Edge
from gateway.files import Files, UploadRequest
from gateway.health import Health
from gateway.live.view import Live
from gateway.operations import Operations
from gateway.settings import GatewaySettings


def create_app(settings: GatewaySettings | None = None) -> flask.Flask:
    """The gateway as a WSGI application; connects to the bus, so it must be made after the fork."""
    settings = settings or GatewaySettings.load()
    logging.configure("gateway", settings.log_level)
    bus = BusClient(settings.amqp_url, name="gateway")
    # Usually a few milliseconds; without the broker the gateway starts all the same, and answers 503.
    bus.wait_connected(1.0)
    blobs = SealedBlobStore(open_blob_store(settings.blob_store), settings.suite_keys)
    descriptions = Descriptions(bus, blobs)
    callers = Callers(bus, settings)
    files = Files(blobs, callers)
    app = flask.Flask("gateway", static_folder=None)
    app.request_class = UploadRequest
    problems.add_to(app)
    for part in (files, Health(bus, descriptions), Documentation(descriptions), Live(bus, callers, settings)):
        part.add_to(app)
    app.wsgi_app = Edge(Operations(descriptions, bus, callers, files), app, settings)  # type: ignore[method-assign]
    app.extensions["bus"] = bus
    descriptions.listen()
    return app
