"""Identifiers: UUIDv7 (RFC 9562), so that ids sort by the time they were made and index pages stay warm."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return UUID(int=uuid_utils.uuid7().int)
