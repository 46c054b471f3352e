"""Questions to other services from a green process: a connection for each, because they are rare."""

import time
from typing import Any
from uuid import uuid4

import amqp

from chassis import topology
from chassis.asking import ANSWERED_WITHIN_SECONDS, Question
from chassis.errors import DeadlineExceeded, Unavailable
from chassis.events import encode
from chassis.hosting.bus import BROKEN, connect, declare_exchange
from chassis.pending_calls import answer_of
from chassis.requests import Answer


def ask(amqp_url: str, question: Question) -> Answer:
    """Ask, and wait for the answer; raises Unavailable if nobody is there, DeadlineExceeded if it takes too long."""
    try:
        connection = connect(amqp_url)
        try:
            return _asked(connection, question, time.time() + ANSWERED_WITHIN_SECONDS)
        finally:
            connection.close()
    except TimeoutError as error:
        raise DeadlineExceeded from error
    except BROKEN as error:
        raise Unavailable("The message broker is not reachable") from error


def _asked(connection: Any, question: Question, deadline: float) -> Answer:
    channel = connection.channel()
    answers: list[Answer] = []
    returned: list[Any] = []
    queue = f"rpc.reply-{question.asked_by}-{uuid4()}"
    declare_exchange(channel, topology.RPC_EXCHANGE)
    channel.queue_declare(queue, exclusive=True, auto_delete=True)
    channel.queue_bind(queue, topology.RPC_EXCHANGE, queue)
    channel.basic_consume(
        queue, no_ack=True, callback=lambda message: answers.append(answer_of(message.headers, _bytes(message.body)))
    )
    channel.events["basic_return"].add(lambda *details: returned.append(details))
    message = amqp.Message(
        encode({"args": [], "kwargs": question.arguments}),
        content_type="application/json",
        reply_to=queue,
        correlation_id=str(uuid4()),
        expiration=str(round(ANSWERED_WITHIN_SECONDS * 1000)),
        application_headers=_headers(question, deadline),
    )
    key = f"{question.service}.{question.operation}"
    channel.basic_publish(message, topology.RPC_EXCHANGE, key, mandatory=True)
    while not answers:
        if returned:
            raise Unavailable(f"{question.service} does not run")
        if time.time() > deadline:
            raise DeadlineExceeded
        connection.drain_events(timeout=max(deadline - time.time(), 0.001))
    return answers[0]


def _headers(question: Question, deadline: float) -> dict[str, str]:
    token = {"nameko.token": question.token} if question.token else {}
    return {"nameko.deadline": f"{deadline:.3f}", "rockpool.reply": "bare", **token}


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)
