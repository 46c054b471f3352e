"""What is kept of an address when it must be forgotten."""

import hashlib


def hash_of(address: str) -> bytes:
    """What remains of a normalised address when the address itself has to be erased."""
    return hashlib.sha256(address.encode()).digest()
