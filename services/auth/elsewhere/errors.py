"""What goes wrong with identities from elsewhere."""

from chassis.errors import Conflict, Invalid, Unauthenticated, Unavailable


class ProviderRefused(Unauthenticated):
    """What came back from the provider does not belong to what was begun, or does not prove anything."""

    slug, title = "provider-refused", "The log-in with the provider did not succeed; begin anew"


class NotLinked(Unauthenticated):
    """Nobody here has this account, and the provider's word alone does not make one."""

    slug, title = "not-linked", "No account here belongs to this one; log in with your password and link them"


class ProviderUnavailable(Unavailable):
    """The provider does not answer as it should."""

    slug, title = "provider-unavailable", "The provider does not answer as it should"


class ProviderUnusable(Invalid):
    """The issuer cannot be used: not to be found, not public, or not what it says."""

    slug, title = "provider-unusable", "There is no such provider at this address"


class ProviderNameTaken(Conflict):
    """Providers have different names."""

    slug, title = "provider-name-taken", "There is a provider of this name"


class IdentityTaken(Conflict):
    """The account elsewhere belongs to somebody, or this provider is linked already."""

    slug, title = "identity-taken", "This is linked already"
