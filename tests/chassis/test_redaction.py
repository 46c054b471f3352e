"""Log lines tell nothing of people, whatever way it came there."""

import pytest

from chassis.redaction import LEFT_OUT, Redactor, cleaned

REDACT = Redactor(frozenset({"address", "name", "service"}))


@pytest.mark.parametrize(
    "text",
    [
        "anna.b+c@mail.example.com",
        "ValueError('anna@example.com is no name')",
        "dial +4940123456",
        "+49 (40) 123-456",
        "call 13812340005 now",
        "DETAIL:  Failing row contains (7 Secret Lane, x)",
        "Key (phone)=(7 Secret Lane) already exists",
    ],
)
def test_contact_data_is_left_out_of_texts(text):
    left = cleaned(text)
    assert LEFT_OUT in left
    assert not [part for part in ("anna", "123", "138", "Secret") if part in left]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T09:28:00.411167Z",
        "01a20295-7a9b-7300-aef0-ca226ec216fd",
        "GET /api/v1/customers",
        "took 1234567890 ns",
    ],
)
def test_other_texts_stay(text):
    assert cleaned(text) == text


def test_fields_of_the_registry_are_left_out_at_any_depth():
    line = {
        "event": "e",
        "service": "customers",
        "address": "x",
        "count": 3,
        "at": {"name": "n", "to": ["a@example.com", 1]},
    }
    assert REDACT(None, "info", line) == {
        "event": "e",
        "service": "customers",
        "address": LEFT_OUT,
        "count": 3,
        "at": {"name": LEFT_OUT, "to": [LEFT_OUT, 1]},
    }
