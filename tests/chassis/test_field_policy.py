"""Access to fields: what roles say adds up, masks show little, and nothing that nobody declared starts."""

import pytest
from marshmallow import Schema, fields, validate

from chassis.field_policy import start_checks
from chassis.identity import masks
from chassis.identity.policy import NO_LIMITS, NO_RULES, Access, Field, FieldRules, Resource
from chassis.operations import DeclarationError, operation

CATS = Resource(
    "cats",
    fields={
        "name": Field(least=Access.READ),
        "phone": Field(mask=masks.phone),
        "weight": Field(),
        "chip": Field(default=Access.HIDDEN),
    },
    fixed=("id", "owner_id"),
    internal=("name_key",),
)
KITTENS = Resource("kittens", fields={"phone": Field(mask=masks.phone, within=(CATS, "phone"))}, fixed=("id",))


def rules(*roles):
    return FieldRules.of_roles(roles)


def both(given, name, resource=CATS):
    return tuple(given.access(resource, name, own=own).spelling for own in (True, False))


def test_what_no_role_speaks_of_has_the_default_of_the_resource():
    assert both(NO_RULES, "phone") == ("full", "full")
    assert both(NO_RULES, "chip") == ("hidden", "hidden")
    assert both(rules({}, {"dogs": {"phone": "hidden"}}), "phone") == ("full", "full")


def test_several_roles_add_up_to_the_widest_of_what_they_say():
    one = {"cats": {"phone": {"own": "full", "others": "hidden"}, "weight": "read_only"}}
    two = {"cats": {"phone": "masked", "weight": "hidden"}}
    assert both(rules(one, two), "phone") == ("full", "masked")
    assert both(rules(one, two), "weight") == ("read_only", "read_only")
    assert rules(one, two) == rules(two, one)
    assert hash(rules(one, two)) == hash(rules(two, one))


def test_a_name_is_never_hidden_and_what_has_no_mask_is_hidden_instead_of_masked():
    hard = rules({"cats": {"name": "hidden", "weight": "masked"}})
    assert both(hard, "name") == ("read_only", "read_only")
    assert both(hard, "weight") == ("hidden", "hidden")


def test_a_field_within_another_is_never_wider_than_that():
    assert both(rules({"cats": {"phone": {"own": "full", "others": "masked"}}}), "phone", KITTENS) == ("full", "masked")
    assert both(rules({"cats": {"phone": "hidden"}, "kittens": {"phone": "full"}}), "phone", KITTENS)[0] == "hidden"


def test_nothing_limits_an_administrator_and_fixed_fields_are_under_no_rule():
    assert both(NO_LIMITS, "chip") == ("full", "full")
    assert both(rules({"cats": {"id": "hidden"}}), "id") == ("full", "full")
    assert both(NO_RULES, "name_key") == ("hidden", "hidden")
    with pytest.raises(LookupError):
        NO_RULES.access(CATS, "fur", own=True)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800000005", "138****0005"),
        ("+8613800000005", "+86138****0005"),
        ("+4940123456", "+49****3456"),
        ("0401234", "****34"),
        ("110", "****"),
        ("ask for Mr Smith", "****"),
    ],
)
def test_of_a_phone_number_little_is_left(number, shown):
    assert masks.phone(number) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [("zhang.wei@example.com", "z***@example.com"), ("nonsense", "***"), ("@example.com", "***@example.com")],
)
def test_of_an_address_the_first_letter_is_left(address, shown):
    assert masks.email(address) == shown


def test_of_a_text_two_characters_are_left():
    assert (masks.text("1 Harbour Street"), masks.text("Bonn")) == ("1 ***", "***")


class CatView(Schema):
    """A cat."""

    class Meta:
        """Under the rules of cats."""

        resource = CATS

    id = fields.UUID(required=True)
    fur = fields.String(required=True)


class FurSearch(Schema):
    """Which cats."""

    class Meta:
        """Under the rules of cats."""

        resource = CATS

    sort = fields.String(validate=validate.OneOf(["fur", "-fur"]))


class NewCat(Schema):
    """A cat that must say what not everybody may."""

    class Meta:
        """Under the rules of cats."""

        resource = CATS

    weight = fields.Integer(required=True)


def function(session, caller):
    """Do something."""


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        (operation("GET /cats", function, gives=CatView, needs="cats:read"), "does not know fur of CatView"),
        (operation("GET /cats", function, takes=FurSearch, needs="cats:read"), "does not know fur to sort by"),
        (operation("POST /cats", function, takes=NewCat, needs="cats:read"), "weight is required and may be hidden"),
    ],
)
def test_what_a_resource_does_not_know_does_not_start(declared, complaint):
    with pytest.raises(DeclarationError, match=complaint):
        start_checks.check_operation("zoo", declared)
