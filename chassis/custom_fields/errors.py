"""What is refused about custom fields."""

from chassis.errors import Conflict, Invalid


class KeyTaken(Conflict):
    """Records have one custom field of each key, also of those that were closed."""

    slug, title = "custom-key-taken", "There is a custom field with this key already"


class UnusableField(Invalid):
    """Choices, formulas and references have options of their own; what a field is stays as it is."""

    slug, title = "unusable-custom-field", "The custom field cannot be defined like this"


class ValueTaken(Conflict):
    """No two records have the same value in such a field."""

    slug, title = "custom-value-taken", "Another record has this value in a field that is unique"


class TooManyFields(Conflict):
    """Records have room for a number of custom fields."""

    slug, title = "too-many-custom-fields", "There are as many custom fields as there can be"
