"""The channel of one connection on which requests come and answers go."""

from collections.abc import Callable

import amqp

from chassis import topology
from chassis.amqp_frames import DELIVER as DELIVER_METHOD
from chassis.amqp_frames import FRAME, FRAME_OVERHEAD, METHOD
from chassis.hosting.deliveries import Delivery, acknowledgement, answer_frames, delivery_at
from chassis.hosting.transport import Bulk

OnRequest = Callable[["RequestLine", Delivery], None]


class RequestLine:
    """Reads requests past py-amqp, and everything else through it, while the connection lasts."""

    def __init__(self, channel: amqp.Channel, on_request: OnRequest) -> None:
        self.channel = channel
        self._connection = channel.connection
        self._transport: Bulk = channel.connection.transport
        self._channel_id: int = channel.channel_id
        self._body_limit: int = channel.connection.frame_max - FRAME_OVERHEAD
        self._on_request = on_request

    def begin(self) -> None:
        """Deal with what arrived while the connection was set up: nothing else may come to remind of it."""
        self._take(self._transport.unread())

    def read(self) -> None:
        """Wait until something arrives and deal with it."""
        self._take(self._transport.arrived())

    def _take(self, data: bytes) -> None:
        at = 0
        while len(data) - at >= FRAME_OVERHEAD:
            kind, channel, length = FRAME.unpack_from(data, at)
            end = at + FRAME_OVERHEAD + length
            if end > len(data):
                break
            if kind == METHOD and channel == self._channel_id and data[at + 7 : at + 11] == DELIVER_METHOD:
                found = delivery_at(data, at, len(data))
                if found is None:
                    break
                delivery, at = found
                self._connection.bytes_recv += 1
                self._on_request(self, delivery)
            else:
                # py-amqp may read on by itself before it comes back, so it gets all that there is.
                self._transport.put_back(data[at:])
                self._connection.blocking_read()
                data, at = self._transport.unread(), 0
        self._transport.put_back(data[at:])

    def answer(self, delivery: Delivery, headers: bytes, body: bytes) -> None:
        """Send an answer, which nobody confirms."""
        frames = answer_frames(
            self._channel_id,
            topology.RPC_EXCHANGE,
            delivery.reply_to,
            delivery.correlation_id,
            headers,
            body,
            self._body_limit,
        )
        self._connection.bytes_sent += 1
        self._transport.write(frames)

    def acknowledge(self, delivery: Delivery) -> None:
        """Done with a request that came on this line."""
        self._transport.write(acknowledgement(self._channel_id, delivery.tag))
