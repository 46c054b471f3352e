"""A sealed value opens only where it belongs, unchanged, with its key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.encryption.errors import CannotOpen, NotGenuine, NotSealed, UnknownKey
from chassis.encryption.keyring import Keyring
from chassis.encryption.sealing import Sealer, is_sealed

RING = Keyring.generate("old")
SEALER = Sealer(RING, "test")


@given(st.binary(max_size=500), st.binary(max_size=50))
def test_what_was_sealed_opens(clear, place):
    sealed = SEALER.seal(clear, place)
    assert is_sealed(sealed)
    assert SEALER.open(sealed, place) == clear


def test_the_same_value_never_looks_the_same():
    assert SEALER.seal(b"x", b"place") != SEALER.seal(b"x", b"place")


def test_a_value_does_not_open_in_another_place():
    sealed = SEALER.seal(b"+4940123456", b"customers.phone 1")
    with pytest.raises(NotGenuine):
        SEALER.open(sealed, b"customers.phone 2")


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_is_noticed(position, change):
    sealed = bytearray(SEALER.seal(b"something", b"here"))
    sealed[position % len(sealed)] ^= change
    with pytest.raises(CannotOpen):
        SEALER.open(bytes(sealed), b"here")


def test_a_new_key_seals_and_the_old_one_still_opens():
    both = Sealer(RING.with_new("new"), "test")
    old, new = SEALER.seal(b"x", b""), both.seal(b"x", b"")
    assert both.open(old, b"") == both.open(new, b"") == b"x"
    assert (both.is_newest(old), both.is_newest(new)) == (False, True)
    with pytest.raises(UnknownKey) as unknown:
        SEALER.open(new, b"")
    assert unknown.value.key_id == "new"


def test_another_purpose_opens_nothing():
    with pytest.raises(NotGenuine):
        Sealer(RING, "other").open(SEALER.seal(b"x", b""), b"")


@pytest.mark.parametrize("content", [b"", b"\x01", b"\x01\x09short", b'{"json": true}', b"anna@example.com"])
def test_what_was_never_sealed_is_said_to_be_so(content):
    with pytest.raises(NotSealed):
        SEALER.open(content, b"")
