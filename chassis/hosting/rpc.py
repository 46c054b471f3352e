"""The RPC entrypoint: nameko's wire format, with every malformed message quarantined instead of fatal."""

import time
from typing import Any

import orjson
import structlog
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from chassis import metrics
from chassis.errors import Invalid, Malformed, Problem
from chassis.events import encode
from chassis.hosting.bus import Bus, declare_rpc_queue
from chassis.hosting.deliveries import Delivery, header_table
from chassis.hosting.request_line import RequestLine
from chassis.hosting.workers import Workers
from chassis.requests import Answer, Request
from chassis.unit_of_work import problem_answer

log = structlog.get_logger()

NO_HEADERS = header_table()
BARE = "bare"


class UnknownMethod(Problem):
    """The service has no such operation."""

    slug, title, status = "unknown-method", "The service has no such operation", 404


class Quarantine(Exception):
    """The message is no request that anybody could answer."""


class RpcConsumer(SharedExtension, ProviderCollector):
    """Takes requests from the service's queue and hands each to the entrypoint that it names.

    The workers are our own: nameko's take a context, eight log lines and a green thread for each call, which together
    cost more than the unit of work, and nothing here uses them.
    """

    bus = Bus()

    def __init__(self) -> None:
        super().__init__()
        self._entrypoints: dict[str, Rpc] = {}
        self.workers = Workers()

    def setup(self) -> None:
        """Ask the bus for the service's requests, as many at a time as there are workers."""
        self._service = self.container.service_name
        self.bus.serve(
            lambda channel: declare_rpc_queue(channel, self._service), self.on_request, self.container.max_workers
        )

    def add(self, entrypoint: "Rpc") -> None:
        """Route requests for the entrypoint's method to it."""
        self._entrypoints[f"{self.container.service_name}.{entrypoint.method_name}"] = entrypoint

    def on_request(self, line: RequestLine, delivery: Delivery) -> None:
        """Start a worker for a request; whatever is wrong with the message ends here."""
        try:
            self._dispatch(Call(delivery, line, self.bus))
        except Quarantine as reason:
            self._quarantine(line, delivery, str(reason))
        except Exception:
            log.exception("message not understood")
            self._quarantine(line, delivery, "unforeseen")

    def _quarantine(self, line: RequestLine, delivery: Delivery, reason: str) -> None:
        """Count and drop it: without a way back there is nobody to tell."""
        metrics.quarantined.labels(self._service, reason).inc()
        log.warning("message quarantined", reason=reason, routing_key=delivery.routing_key)
        line.acknowledge(delivery)

    def _dispatch(self, call: "Call") -> None:
        if call.expired:
            metrics.rpc_requests.labels(self._service, call.method, "expired").inc()
            call.drop()
            return
        entrypoint = self._entrypoints.get(call.routing_key)
        if entrypoint is None:
            call.reply(problem_answer(UnknownMethod(f"{self._service} has no operation {call.method}")))
        elif call.problem:
            metrics.quarantined.labels(self._service, call.problem.slug).inc()
            call.reply(problem_answer(call.problem))
        else:
            entrypoint.work_on(call)


class Rpc(Entrypoint):
    """Makes a method ``(call, observe)`` callable by any nameko client; the method replies to the call itself."""

    consumer = RpcConsumer()

    def setup(self) -> None:
        """Register for the requests of this method."""
        self.consumer.add(self)
        self._work = getattr(self.container.service_cls(), self.method_name)
        labels = (self.container.service_name, self.method_name)
        self._duration = metrics.rpc_duration.labels(*labels)
        self._outcomes = {name: metrics.rpc_requests.labels(*labels, name) for name in ("ok", "refused", "failed")}

    def stop(self) -> None:
        """Take no further requests, and answer those that have been taken."""
        self.consumer.bus.stop_consuming()
        self.consumer.workers.wait()

    def work_on(self, call: "Call") -> None:
        """Answer the call in a worker."""
        self.consumer.workers.run(self._work, call, self.observe)

    def observe(self, answer: Answer, call: "Call") -> None:
        """Count one answered call."""
        outcome = "ok" if answer.status < 400 else "refused" if answer.status < 500 else "failed"
        self._outcomes[outcome].inc()
        self._duration.observe(time.monotonic() - call.request.received_at)


class Call:
    """One request from the wire, and the way back to whoever sent it."""

    __slots__ = ("_bus", "_delivery", "_line", "arguments", "bare", "method", "problem", "request")

    def __init__(self, delivery: Delivery, line: RequestLine, bus: Bus) -> None:
        if not delivery.reply_to:
            raise Quarantine("no reply_to")
        self._delivery, self._line, self._bus = delivery, line, bus
        self.method = delivery.routing_key.rpartition(".")[2]
        headers = delivery.headers
        self.arguments, self.problem = _arguments(delivery.body)
        self.request = _request(headers)
        self.bare = headers.get("rockpool.reply") == BARE

    @property
    def routing_key(self) -> str:
        """The service and the method that are asked for."""
        return self._delivery.routing_key

    @property
    def expired(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self.request.deadline is not None and time.time() > self.request.deadline

    def drop(self) -> None:
        """Be done with the request without an answer."""
        self._line.acknowledge(self._delivery)

    def reply(self, answer: Answer) -> None:
        """Send the answer and be done with the request."""
        if self.bare:
            self._bus.answer(self._delivery, _bare_headers(answer), answer.body)
        else:
            self._bus.answer(self._delivery, NO_HEADERS, _envelope(answer, self.method))
        self.drop()


def _arguments(body: bytes) -> tuple[dict[str, Any], Problem | None]:
    """The named arguments of a request, or what is wrong with them."""
    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}, Malformed("The body of the call is not JSON")
    if not isinstance(envelope, dict) or envelope.get("args") or not isinstance(envelope.get("kwargs"), dict):
        return {}, Malformed("A call has args and kwargs; its arguments are given by name")
    if b"\\u0000" in body:
        return {}, Invalid("Text may not hold the character NUL")
    return envelope["kwargs"], None


def _request(headers: dict[str, Any]) -> Request:
    deadline = headers.get("nameko.deadline")
    return Request(
        token=headers.get("nameko.token"),
        deadline=float(deadline) if deadline else None,
        traceparent=headers.get("nameko.traceparent"),
        idempotency_key=headers.get("nameko.idempotency_key"),
        if_match=headers.get("nameko.if_match"),
        remote_addr=headers.get("nameko.remote_addr"),
        language=headers.get("nameko.language"),
    )


def _bare_headers(answer: Answer) -> bytes:
    headers: dict[str, str | int] = {"rockpool.status": answer.status}
    if answer.etag:
        headers["rockpool.etag"] = answer.etag
    if answer.replayed:
        headers["rockpool.replayed"] = "true"
    if answer.retry_after:
        headers["rockpool.retry_after"] = answer.retry_after
    return header_table(**headers)


def _envelope(answer: Answer, method: str) -> bytes:
    """The answer in nameko's own form; problems become the exception that nameko clients raise."""
    if not answer.failed:
        return b'{"result":' + answer.body + b',"error":null}'
    problem = orjson.loads(answer.body)
    kind = "MethodNotFound" if problem["type"] == UnknownMethod.slug else "RemoteProblem"
    value = method if kind == "MethodNotFound" else f"{problem['type']}: {problem.get('detail') or problem['title']}"
    error = {
        "exc_type": kind,
        "exc_path": f"nameko.exceptions.{kind}" if kind == "MethodNotFound" else "chassis.errors.Problem",
        "exc_args": [value],
        "value": value,
    }
    return encode({"result": None, "error": error})
