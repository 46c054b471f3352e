"""What an explanation cannot be given for."""

from chassis.errors import Invalid


class ResourceNotNamed(Invalid):
    """A record or a field is asked about, but not of which kind it is."""

    slug, title = "resource-not-named", "Say what kind of record it is"


class NoSuchField(Invalid):
    """The resource has no field of this name."""

    slug, title = "no-such-field", "There is no such field"
