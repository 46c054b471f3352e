"""What auth refuses, and why."""

from chassis.errors import Conflict, Forbidden, Invalid, TooManyRequests, Unauthenticated


class LoginRefused(Unauthenticated):
    """Address and password do not fit together, or the account is closed: the answer does not tell which."""

    slug, title = "login-refused", "E-mail address or password is wrong"


class InitialPasswordExpired(Unauthenticated):
    """The password is right, but somebody else has made it, and too long ago."""

    slug, title = "initial-password-expired", "This password is too old; ask for a link to choose your own"


class RefreshRefused(Unauthenticated):
    """The refresh token is unknown, used, or of a session that is over."""

    slug, title = "refresh-refused", "The session is over; log in again"


class TooManyAttempts(TooManyRequests):
    """Too many wrong passwords for this account from this address."""

    slug, title = "too-many-attempts", "Too many failed attempts; wait before the next one"


class WrongPassword(Forbidden):
    """The present password, asked for again, is wrong."""

    slug, title = "wrong-password", "The present password is wrong"


class LinkRefused(Forbidden):
    """The link was used, is too old, was replaced by a newer one, or was never sent."""

    slug, title = "link-refused", "The link does not work (any more); ask for another one"


class AccountClosed(Conflict):
    """Nobody logs in to a closed account, so there is nothing to write about."""

    slug, title = "account-closed", "The account is closed"


class HasPassword(Conflict):
    """Who has a password has been here; an invitation would let another one replace it."""

    slug, title = "has-password", "This person has a password already"


class HasNoPassword(Conflict):
    """Who has never had a password is invited."""

    slug, title = "has-no-password", "This person has no password yet; send an invitation"


class WeakPassword(Invalid):
    """The password is one that is guessed first."""

    slug, title = "weak-password", "This password is easily guessed"


class InvitedWithPassword(Invalid):
    """Who is invited chooses his password himself."""

    slug, title = "invited-with-password", "An invitation and a password exclude each other"


class ExpiryOutOfRange(Invalid):
    """A key has an end, and not too far away."""

    slug, title = "expiry-out-of-range", "This is no time for it to end"


class TooManyApiKeys(Conflict):
    """Who has that many keys does not need them all."""

    slug, title = "too-many-api-keys", "This person has too many API keys; revoke one first"


class BeyondOwnRights(Forbidden):
    """Nobody gives rights that he does not have, nor changes people or roles that have more rights than he."""

    slug, title = "beyond-own-rights", "This takes rights that you do not have yourself"


class OutOfReach(Forbidden):
    """The permission does not reach that far."""

    slug, title = "out-of-reach", "Your permission does not reach that far"


class NextKeyTooYoung(Conflict):
    """The next signing key was published only just now; not everybody may know it yet."""

    slug, title = "next-key-too-young", "The next key was published too lately; wait until every service knows it"


class EmailTaken(Conflict):
    """Somebody has this address, whatever its case."""

    slug, title = "email-taken", "There is an account with this e-mail address"


class IdTaken(Conflict):
    """There is a record of this id."""

    slug, title = "id-taken", "There is a record with this id"


class UnknownTeam(Conflict):
    """A team that is named is not there, or cannot be seen."""

    slug, title = "unknown-team", "There is no such team"


class UnknownRole(Conflict):
    """A role that is named is not there."""

    slug, title = "unknown-role", "There is no such role"


class LastAdministrator(Conflict):
    """Somebody who may do everything must be left."""

    slug, title = "last-administrator", "The last administrator must stay"


class TeamNameTaken(Conflict):
    """Teams below the same team have different names."""

    slug, title = "team-name-taken", "There is a team of this name in this place"


class TeamBelowItself(Conflict):
    """A team cannot hang below itself."""

    slug, title = "team-below-itself", "A team cannot be moved below itself"


class TeamNotEmpty(Conflict):
    """Only a team without people and without teams below it can be removed."""

    slug, title = "team-not-empty", "There are people in this team, or teams below it"


class RoleNameTaken(Conflict):
    """Roles have different names."""

    slug, title = "role-name-taken", "There is a role of this name"


class RoleInUse(Conflict):
    """Only a role that nobody has can be removed."""

    slug, title = "role-in-use", "Somebody has this role"


class BuiltInRole(Conflict):
    """The suite's own roles stay there under their names, and the administrator's stays as it is."""

    slug, title = "built-in-role", "This cannot be done with a built-in role; copy it"


class NotBuiltIn(Conflict):
    """Only the suite's own roles have something to be reset to."""

    slug, title = "not-built-in", "Only a built-in role can be reset"


class NoAddresses(Invalid):
    """An import has neither a column for e-mail addresses nor a domain to make them with."""

    slug, title = "no-addresses", "Without a column for e-mail addresses they are made with `email_domain`"
