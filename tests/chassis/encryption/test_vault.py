"""The vault of a service: columns bound to their rows, documents, and marks that find equal values."""

import secrets
from typing import Any

import pytest

from chassis.encryption.errors import NotGenuine
from chassis.encryption.keyring import Keyring
from chassis.encryption.vault import Vault
from chassis.ids import new_id

RING, SECRET = Keyring.generate(), secrets.token_bytes(32)
VAULT = Vault(RING, "customers", SECRET)


def test_a_column_opens_in_its_own_row_only():
    row, other = new_id(), new_id()
    sealed = VAULT.seal("+4940123456", "customers.phone", row)
    assert VAULT.open(sealed, "customers.phone", row) == "+4940123456"
    for column, row_id in (("customers.phone", other), ("customers.email", row), ("contacts.phone", row)):
        with pytest.raises(NotGenuine):
            VAULT.open(sealed, column, row_id)


def test_nothing_is_sealed_as_nothing():
    assert VAULT.seal(None, "customers.phone", new_id()) is None
    assert VAULT.open(None, "customers.phone", new_id()) is None


def test_the_rows_of_a_query_are_opened_in_place():
    rows: list[dict[str, Any]] = [{"id": new_id(), "name": "Acme", "phone": None, "email": None} for _ in range(3)]
    rows[1]["phone"] = VAULT.seal("123", "customers.phone", rows[1]["id"])
    VAULT.open_rows(rows, "customers", ("phone", "email"))
    assert [row["phone"] for row in rows] == [None, "123", None]


def test_another_service_opens_nothing_and_marks_otherwise():
    row = new_id()
    tickets = Vault(RING, "tickets", SECRET)
    with pytest.raises(NotGenuine):
        tickets.open(VAULT.seal("x", "customers.phone", row), "customers.phone", row)
    assert tickets.mark("email", "a@example.com") != VAULT.mark("email", "a@example.com")


def test_marks_outlast_a_rotation_and_tell_kinds_apart():
    rotated = Vault(RING.with_new("2"), "customers", SECRET)
    assert rotated.mark("email", "a@example.com") == VAULT.mark("email", "a@example.com")
    assert VAULT.mark("tail", "0005") != VAULT.mark("phone", "0005")


def test_a_value_is_sealed_anew_with_the_newest_key():
    row, rotated = new_id(), Vault(RING.with_new("2"), "customers", SECRET)
    anew = rotated.reseal(VAULT.seal("x", "customers.phone", row), "customers.phone", row)
    assert rotated.columns.is_newest(anew)
    assert rotated.open(anew, "customers.phone", row) == "x"


def test_json_is_sealed_as_json_and_old_clear_values_can_be_read():
    value = {"phone": "123", "list": [1, None]}
    sealed = VAULT.seal_json(value, "jobs.input")
    assert sealed.keys() == {"sealed"}
    assert VAULT.open_json(sealed, "jobs.input") == value
    assert VAULT.open_json(value, "jobs.input") == value
    assert VAULT.open_document(b'{"a":1}', "x") == b'{"a":1}'
