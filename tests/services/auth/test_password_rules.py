"""Which passwords are taken: long ones that nobody would guess first."""

import pytest

from services.auth.choosing.rules import why_not

OWN = ("Anna Lind", "anna.lind@example.com")


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password2024!!",
        "passwordpassword",
        "!!iloveyou!!!!",
        "i love you!!!!!",
        "123456789012",
        "9876543210987",
        "qwertyuiopas",
        "lkjhgfdsapoiu",
        "1qaz2wsx3edc4",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "潮池潮池潮池潮池潮池潮池",
        "             ",
        "annalind2026",
        "Anna.Lind@example.com",
        "rockpool-2026!",
        "Rockpool Anna!",
    ],
)
def test_what_is_guessed_first_is_refused(password):
    assert why_not(password, OWN)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "the tide comes in twice a day",
        "春江潮水连海平海上明月共潮生",
        "kX9$vQ2mLp7w",
        "anna walks her dog at dawn",
        "x7" * 3 + "mussel bed",
    ],
)
def test_what_is_long_and_ones_own_is_taken(password):
    assert why_not(password, OWN) is None


@pytest.mark.parametrize("password", ["password1234", "salesrep-2026"])
def test_the_rules_hold_wherever_a_password_is_chosen(house, password):
    made = house.call("create_user", house.admin, name="Sales Rep", email="sales.rep@example.com", password=password)
    assert (made.status, made.body["errors"][0]["pointer"]) == (422, "/password")
    rep = house.person("Sales Rep")
    changed = house.call("change_password", rep, old_password="a password of a person", new_password=password)
    assert (changed.status, changed.body["errors"][0]["pointer"]) == (422, "/new_password")
