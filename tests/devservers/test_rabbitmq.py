"""The private RabbitMQ node, with a real one."""

import socket
import time
from pathlib import Path

import pika
import pytest
from pika.exceptions import AMQPError, ProbableAuthenticationError

from devservers import processes
from devservers.ports import wait_until
from devservers.rabbitmq import RabbitNode, greets

QUORUM = {"x-queue-type": "quorum"}


def publish(node: RabbitNode, body: bytes) -> None:
    with pika.BlockingConnection(pika.URLParameters(node.amqp_url())) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare("letters", durable=True, arguments=QUORUM)
        channel.basic_publish("", "letters", body, pika.BasicProperties(delivery_mode=2))


def fetch(node: RabbitNode) -> bytes | None:
    with pika.BlockingConnection(pika.URLParameters(node.amqp_url())) as connection:
        return connection.channel().basic_get("letters", auto_ack=True)[2]


@pytest.mark.slow
def test_a_confirmed_message_survives_kill_minus_nine_and_a_wipe_empties_the_node(scratch):
    node = RabbitNode(scratch / "rabbit").start()
    address = node.amqp_url()
    publish(node, b"kept")
    # RabbitMQ writes the name of a new quorum queue to disk about a second after it said the queue was there.
    time.sleep(2)
    node.kill()
    assert not processes.owned_by(node.folder)
    assert not greets("127.0.0.1", node.port)

    node.start()
    assert node.amqp_url() == address
    assert fetch(node) == b"kept"

    with pytest.raises(RuntimeError, match="stop or kill"):
        node.wipe()
    node.stop()
    node.wipe()
    node.start()
    assert node.amqp_url() == address
    with pytest.raises(AMQPError, match="no queue"):
        fetch(node)
    node.stop()
    assert not processes.owned_by(node.folder)


@pytest.mark.slow
def test_two_nodes_run_side_by_side_closed_to_guests_and_to_other_machines(scratch):
    with RabbitNode(scratch / "one") as one, RabbitNode(scratch / "two") as two:
        assert one.port != two.port
        for node in (one, two):
            with pytest.raises(ProbableAuthenticationError):
                pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", node.port))
        assert {address for _, address in listening(one)} <= {"127.0.0.1", "::1"}
        publish(one, b"for one")
        with pytest.raises(AMQPError, match="no queue"):
            fetch(two)


@pytest.mark.slow
def test_a_new_run_takes_over_from_one_that_was_killed_and_moves_if_its_port_was_taken(scratch):
    first = RabbitNode(scratch / "rabbit").start()
    with RabbitNode(scratch / "rabbit") as second:  # the first one never stopped its node
        assert not first.alive
        assert second.amqp_url() == first.amqp_url()
        wait_until(lambda: len(listening(second)) >= 3, "node, its name server and its own port", 10)
    with socket.create_server(("127.0.0.1", second.port)), second:
        assert second.port != first.port


def listening(node: RabbitNode) -> set[tuple[int, str]]:
    """(port, address) of every listening TCP socket of the node's processes."""
    inodes = {
        link.removeprefix("socket:[").removesuffix("]")
        for process in processes.owned_by(node.folder)
        for link in _links(Path(f"/proc/{process.pid}/fd"))
        if link.startswith("socket:[")
    }
    found = set()
    for family, table in ((socket.AF_INET, "/proc/net/tcp"), (socket.AF_INET6, "/proc/net/tcp6")):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, _, port = fields[1].partition(":")
                packed = b"".join(bytes.fromhex(address[i : i + 8])[::-1] for i in range(0, len(address), 8))
                found.add((int(port, 16), socket.inet_ntop(family, packed)))
    return found


def _links(folder: Path) -> list[str]:
    try:
        return [str(entry.readlink()) for entry in folder.iterdir()]
    except OSError:
        return []
