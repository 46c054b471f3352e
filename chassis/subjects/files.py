"""Documents that one service leaves in the store of files for another; the store seals them."""

from io import BytesIO
from typing import Any

import orjson

from chassis.blobs import BlobStore
from chassis.events import encode


def put(blobs: BlobStore, key: str, document: Any) -> None:
    """Store JSON under a key, replacing what was there."""
    blobs.put(key, BytesIO(encode(document)))


def get(blobs: BlobStore, key: str) -> Any:
    """The JSON under a key; raises FileNotFoundError."""
    with blobs.open(key) as file:
        return orjson.loads(file.read())


def file_key(order_id: Any) -> str:
    """Where the file of a person's export is, put together of all parts."""
    return f"privacy/{order_id}/person.json"


def part_key(order_id: Any, service: str) -> str:
    """Where a service leaves its part of a person's export."""
    return f"privacy/{order_id}/{service}.json"
