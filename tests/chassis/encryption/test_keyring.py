"""Keys are read from one setting, and each purpose has one of its own."""

import pytest

from chassis.encryption.keyring import Keyring

A, B = "A" * 43, "B" * 43


def test_the_first_key_is_the_newest():
    assert Keyring.read(f"2026-b:{B},2026-a:{A}").ids == ("2026-b", "2026-a")


def test_what_is_written_can_be_read():
    ring = Keyring.generate().with_new("2")
    again = Keyring.read(ring.written())
    assert again.ids == ("2", "1")
    assert again.derived("2", "x") == ring.derived("2", "x")


def test_each_purpose_and_each_key_gives_another_key():
    ring = Keyring.read(f"b:{B},a:{A}")
    derived = {ring.derived(one, purpose) for one in ring.ids for purpose in ("customers columns", "tickets columns")}
    assert len(derived) == 4
    assert all(len(key) == 32 for key in derived)


@pytest.mark.parametrize("text", ["", A, f":{A}", f"a:{A},a:{B}", "a:short", f"a:{A}{A}", "a:ü", f"a b:{A}", f"a:{A},"])
def test_what_is_no_keyring_is_refused(text):
    with pytest.raises(ValueError, match=r"must be written|has a key"):
        Keyring.read(text)


def test_keys_do_not_show_when_a_keyring_is_printed():
    assert repr(Keyring.read(f"b:{B},a:{A}")) == "Keyring(b, a)"
