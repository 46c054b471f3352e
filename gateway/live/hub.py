"""The thread that serves all listeners: it holds their sockets, so that none of them holds a thread of gunicorn."""

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import structlog

from chassis.bus import BusClient
from chassis.errors import Problem
from chassis.listening import Stream
from chassis.pending_calls import PendingCall
from chassis.topology import ALL_EVENTS_EXCHANGE
from chassis.tracing import traceparent
from gateway import metrics
from gateway.live.listener import Asked, Listener
from gateway.live.ring import Change, Group, Ring, change_of

log = structlog.get_logger()

QUEUE = "gateway.live"
QUEUE_ARGUMENTS = {
    "x-max-age": "1h",
    "x-max-length-bytes": 100_000_000,
    "x-stream-max-segment-size-bytes": 10_000_000,
}
RING_SIZE = 10_000
HISTORY = 9_000
"""A little less than the ring holds: what is read again after a reconnect must meet what is known."""
TICK_SECONDS = 0.1
IDLE_TICK_SECONDS = 0.5
METHOD, OF_CHANGES = "visible_records", "visible_changes"
UNAUTHENTICATED = 401


class Hub:
    """All listeners of one process."""

    def __init__(self, bus: BusClient) -> None:
        self._bus = bus
        self._ring = Ring(RING_SIZE)
        self._incoming: deque[bytes | Callable[[], None]] = deque()
        self._todo: deque[Callable[[], None]] = deque()
        self._listeners: set[Listener] = set()
        self._must_meet_known = False
        self._present = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_receiver.setblocking(False)
        self._wake_sender.setblocking(False)
        self._selector.register(self._wake_receiver, selectors.EVENT_READ)
        threading.Thread(target=self._run, name="live", daemon=True).start()
        Stream(
            bus,
            queue=QUEUE,
            arguments=QUEUE_ARGUMENTS,
            source=ALL_EVENTS_EXCHANGE,
            history=HISTORY,
            on_rewind=partial(self._incoming.append, self._rewind),
            on_present=partial(self._incoming.append, self._reach_present),
            on_message=self._incoming.append,
        )

    def __len__(self) -> int:
        return len(self._listeners)

    def add(self, listener: Listener) -> None:
        """Serve a listener from now on; for any thread."""
        self._soon(partial(self._welcome, listener))

    def wait_present(self, timeout: float) -> bool:
        """Wait until the past has been read: only then is it known where a listener begins."""
        return self._present.wait(timeout)

    def _soon(self, action: Callable[[], None]) -> None:
        self._todo.append(action)
        with contextlib.suppress(BlockingIOError):
            self._wake_sender.send(b"\0")

    def _run(self) -> None:
        while True:
            try:
                self._turn()
            except Exception:
                log.exception("live turn failed", service="gateway")
                time.sleep(TICK_SECONDS)

    def _turn(self) -> None:
        for key, _ in self._selector.select(TICK_SECONDS if self._listeners else IDLE_TICK_SECONDS):
            if key.data is None:
                self._wake_receiver.recv(4096)
            else:
                self._attend(key.data)
        while self._todo:
            self._todo.popleft()()
        self._take_incoming()
        for listener in list(self._listeners):
            self._serve(listener)

    def _take_incoming(self) -> None:
        for _ in range(len(self._incoming)):
            body = self._incoming.popleft()
            if callable(body):
                body()
                continue
            try:
                self._take(change_of(body))
            except (KeyError, ValueError, AttributeError):
                log.warning("not an event", service="gateway", body=body[:200].decode(errors="replace"))

    def _rewind(self) -> None:
        """What comes now was there before: it must meet what is known, if anything is."""
        self._must_meet_known = not self._ring.is_empty

    def _reach_present(self) -> None:
        """What comes now is new. Nothing was there before, although something is known: then the stream was lost."""
        if self._must_meet_known:
            self._reset_all()
        self._present.set()

    def _reset_all(self) -> None:
        log.warning("live changes missed", service="gateway", listeners=len(self._listeners))
        self._must_meet_known = False
        for listener in self._listeners:
            listener.reset(self._ring)

    def _take(self, change: Change) -> None:
        """Add a change. If what is read again does not begin with something known, some were missed in between."""
        is_new = self._ring.add(change)
        if self._must_meet_known and is_new:
            self._reset_all()
        self._must_meet_known = False
        if is_new and change.ends:
            self._end_those_of(change.ends)

    def _end_those_of(self, name: str) -> None:
        """Somebody's access is over: he is not to wait for the next change to learn it."""
        for listener in [one for one in self._listeners if name in one.names]:
            self._end(listener)

    def _welcome(self, listener: Listener) -> None:
        self._listeners.add(listener)
        metrics.live_clients.inc()
        self._selector.register(listener.stream, selectors.EVENT_READ, listener)

    def _dismiss(self, listener: Listener) -> None:
        if listener not in self._listeners:
            return
        self._listeners.discard(listener)
        metrics.live_clients.dec()
        self._selector.unregister(listener.stream)
        listener.stream.close()

    def _attend(self, listener: Listener) -> None:
        """His socket can be read: only a hang-up is expected; or it can be written again."""
        try:
            if listener.stream.recv(4096) == b"":
                self._dismiss(listener)
        except BlockingIOError:
            pass
        except OSError:
            self._dismiss(listener)

    def _serve(self, listener: Listener) -> None:
        if listener.expired:
            self._end(listener)
            return
        if listener.position < 0:
            listener.begin(self._ring)
        for group, records in listener.take_batch(self._ring).items():
            self._ask(listener, group, records)
        for group, at in list(listener.ask_at.items()):
            if at <= time.monotonic():
                del listener.ask_at[group]
                self._ask(listener, group, listener.records_of(group))
        listener.keep_alive(self._ring)
        self._send(listener)

    def _end(self, listener: Listener) -> None:
        """Tell him that he is let in no more, and hang up."""
        listener.expire()
        self._send(listener)
        self._dismiss(listener)

    def _send(self, listener: Listener) -> None:
        try:
            done = listener.send()
        except OSError:
            self._dismiss(listener)
            return
        if listener in self._listeners:
            events = selectors.EVENT_READ if done else selectors.EVENT_READ | selectors.EVENT_WRITE
            if self._selector.get_key(listener.stream).events != events:
                self._selector.modify(listener.stream, events, listener)

    def _ask(self, listener: Listener, group: Group, records: Asked) -> None:
        """Ask the owning service which of the records he may see, and what of them if it has said what changed."""
        service, resource = group
        batch = listener.batch
        told = any(records.values())
        self._bus.submit(
            service,
            OF_CHANGES if told else METHOD,
            {"resource": resource} | ({"changed": records} if told else {"ids": list(records)}),
            headers={"nameko.token": listener.token, "nameko.traceparent": traceparent()},
            on_done=lambda call: self._soon(partial(self._answered, listener, batch, group, call)),
        )

    def _answered(self, listener: Listener, batch: list[Change], group: Group, call: PendingCall) -> None:
        if listener not in self._listeners or listener.batch is not batch:
            return
        try:
            answer = call.result()
        except Problem:
            listener.ask_later(group)
        else:
            if answer.status == UNAUTHENTICATED:
                self._end(listener)
                return
            if answer.status >= 500:
                listener.ask_later(group)
            else:
                listener.may_see(group, {} if answer.failed else _shown(answer.body))
        if not listener.waiting_for:
            size = len(listener.batch)
            shown = listener.finish_batch(self._ring)
            metrics.live_events.labels("shown").inc(shown)
            metrics.live_events.labels("hidden").inc(size - shown)
            self._send(listener)


def _shown(body: bytes) -> dict[str, dict[str, Any]]:
    """What may be told of each record by its id: nothing but that it changed, where only ids are answered."""
    answer = orjson.loads(body)
    if isinstance(answer, list):
        return {one: {} for one in answer}
    return answer if isinstance(answer, dict) else {}
