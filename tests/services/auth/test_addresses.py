"""E-mail addresses: what we take for one, and what we make of a name."""

import pytest

from services.auth.addresses import LONGEST, email_for, is_email


def made(name, *taken):
    return email_for(name, "example.com", lambda email: email in taken)


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("Anna Rep", "anna.rep@example.com"),
        ("  Zoë  O'Neil-Smith ", "zoe.o.neil.smith@example.com"),
        ("安娜", "user@example.com"),
        ("安娜 Rep", "rep@example.com"),
        ("...", "user@example.com"),
        ("Agent 7", "agent.7@example.com"),
    ],
)
def test_an_address_is_made_of_the_latin_letters_of_a_name(name, email):
    assert made(name) == email


def test_a_taken_address_is_numbered():
    assert made("Rep", "rep@example.com", "rep2@example.com") == "rep3@example.com"


def test_what_is_made_is_always_an_address():
    for name in ("x" * 100, "é" * 100, "a b " * 25, "ß", "-"):
        assert is_email(made(name)), name


@pytest.mark.parametrize(
    "text", ["a@example.com", "a.b+c'd@mail.example.co", "A_1@EXAMPLE.COM", "x" * 64 + "@example.com"]
)
def test_addresses_are_taken(text):
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@b",
        "@example.com",
        "a@-example.com",
        "a b@example.com",
        "a@example.com\n",
        ".a@example.com",
        "x" * 65 + "@example.com",
        "a@" + "b" * LONGEST + ".com",
    ],
)
def test_others_are_not(text):
    assert not is_email(text)
