"""Why something that was sealed cannot be opened."""


class CannotOpen(Exception):
    """The base of the reasons; none of them tells what is in the sealed value."""


class NotSealed(CannotOpen):
    """The bytes are not of the form that sealing gives."""


class UnknownKey(CannotOpen):
    """The value was sealed with a key that the settings do not hold (any more)."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"There is no key {key_id} in the keyring")
        self.key_id = key_id


class NotGenuine(CannotOpen):
    """The value was changed, or it was sealed for another place than the one where it was found."""
