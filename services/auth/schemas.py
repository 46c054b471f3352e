"""What goes into and comes out of auth."""

import re
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Flag, Instant, Text
from chassis.identity.caller import Reach
from chassis.operations import PERMISSION
from chassis.paging import PageRequest, page_of
from contracts.auth import ROLES, TEAMS, USERS
from services.auth.addresses import EMAIL_PATTERN
from services.auth.addresses import LONGEST as LONGEST_EMAIL
from services.auth.field_rules import FieldRules
from services.auth.models import LANGUAGES
from services.auth.passwords import LONGEST, SHORTEST
from services.auth.queries import PERSON, TEAM, USER_ORDERS

REACHES = [reach.name.lower() for reach in Reach]
MAX_PERMISSIONS = 500
MAX_TEAMS, MAX_ROLES = 50, 50

PERMISSION_PATTERN = rf"\*|{PERMISSION.pattern}"


class OfUsers(Schema):
    """A payload about people."""

    class Meta:
        """Whose fields these are."""

        resource = USERS


class OfTeams(Schema):
    """A payload about teams."""

    class Meta:
        """Whose fields these are."""

        resource = TEAMS


class OfRoles(Schema):
    """A payload about roles."""

    class Meta:
        """Whose fields these are."""

        resource = ROLES


class Email(Text):
    """An e-mail address."""

    def __init__(self, **options: Any) -> None:
        metadata = {"example": "rep@example.com"} | options.pop("metadata", {})
        super().__init__(LONGEST_EMAIL, pattern=f"^(?:{EMAIL_PATTERN})$", metadata=metadata, **options)


class Ids(fields.List[UUID]):
    """Ids of records, each once; the first has the say where there is one."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(fields.UUID(), validate=validate.Length(max=most), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> list[Any]:
        return list(dict.fromkeys(super()._deserialize(value, attr, data, **rest)))


class Permissions(fields.Dict):
    """Permissions with their reach."""

    def __init__(self, **options: Any) -> None:
        metadata = {
            "description": "`resource:action` (or `*` for every one) to its reach, from `shared` to `all`.",
            "example": {"customers:read": "team", "customers:change": "own"},
            "allOf": [{"propertyNames": {"pattern": f"^(?:{PERMISSION_PATTERN})$", "maxLength": 100}}],
            "maxProperties": MAX_PERMISSIONS,
        }
        reach = fields.String(validate=validate.OneOf(REACHES), metadata={"example": "team"})
        super().__init__(values=reach, metadata=metadata, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> Any:
        permissions = super()._deserialize(value, attr, data, **rest)
        if len(permissions) > MAX_PERMISSIONS:
            raise ValidationError(f"More than {MAX_PERMISSIONS} permissions.")
        for permission in permissions:
            if len(permission) > 100 or not re.fullmatch(PERMISSION_PATTERN, permission):
                raise ValidationError({permission: ["Not a permission, such as customers:read."]})
        return permissions


def new_password(**options: Any) -> fields.String:
    """A field for a password to be."""
    metadata = {
        "format": "password",
        "description": f"{SHORTEST} to {LONGEST} characters, whatever they are.",
        "example": "the tide comes in twice a day",
    }
    return fields.String(validate=validate.Length(SHORTEST, LONGEST), metadata=metadata, **options)


def present_password(example: str) -> fields.String:
    """A field for a password that may be right."""
    return fields.String(
        required=True, validate=validate.Length(1, LONGEST), metadata={"format": "password", "example": example}
    )


def _language(**options: Any) -> fields.String:
    return fields.String(
        validate=validate.OneOf(LANGUAGES), metadata={"description": "Of the console.", "example": "zh"}, **options
    )


def _own_id() -> fields.UUID:
    return fields.UUID(metadata={"description": "An id of your own choice, if you like."})


def _person_name(**options: Any) -> Text:
    return Text(100, metadata={"description": "The name that others see.", "example": "Sales Rep"}, **options)


class PublicKey(Schema):
    """A public Ed25519 key (RFC 8037)."""

    kty = fields.String(required=True, metadata={"enum": ["OKP"], "example": "OKP"})
    crv = fields.String(required=True, metadata={"enum": ["Ed25519"], "example": "Ed25519"})
    x = fields.String(required=True, metadata={"description": "The key, base64url."})
    kid = fields.String(required=True, metadata={"description": "Its thumbprint (RFC 7638)."})
    use = fields.String(required=True, metadata={"enum": ["sig"], "example": "sig"})


class PublicKeys(Schema):
    """A JWK set (RFC 7517)."""

    keys = fields.List(fields.Nested(PublicKey), required=True)


class Named(Schema):
    """A record with its name."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "East"})


class MeView(OfUsers):
    """You, with what you may do."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True, metadata={"example": "Sales Rep"})
    email = fields.String(required=True, metadata={"example": "rep@example.com"})
    language = fields.String(required=True, metadata={"enum": LANGUAGES, "example": "zh"})
    teams = fields.List(fields.Nested(Named), required=True, metadata={"description": "The first is the main team."})
    roles = fields.List(fields.Nested(Named), required=True)
    permissions = Permissions(required=True)
    session_id = fields.UUID(required=True, allow_none=True)


class MyChanges(OfUsers):
    """What is to be different; fields that are not given stay as they are."""

    name = _person_name()
    language = _language()


class PasswordChange(Schema):
    """The present password and the one to be."""

    old_password = present_password("correct horse battery staple")
    new_password = new_password(required=True)


class NewUser(OfUsers):
    """An account to create."""

    id = _own_id()
    name = _person_name(required=True)
    email = Email(required=True)
    password = new_password(allow_none=True)
    invite = Flag(
        load_default=False,
        metadata={"description": "Send a letter with a link to choose the first password.", "example": False},
    )
    language = _language()
    teams = Ids(MAX_TEAMS, metadata={"description": "The first is the main team.", "example": []})
    roles = Ids(MAX_ROLES, metadata={"example": []})


class UserChange(OfUsers):
    """What is to be different; fields that are not given stay as they are."""

    name = _person_name()
    email = Email()
    language = _language()
    active = Flag(metadata={"description": "Whether the account is open.", "example": True})
    teams = Ids(MAX_TEAMS, metadata={"description": "The first is the main team."})
    roles = Ids(MAX_ROLES)


class UserView(OfUsers):
    """A person's account."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True, metadata={"example": "Sales Rep"})
    email = fields.String(required=True, metadata={"example": "rep@example.com"})
    language = fields.String(required=True, metadata={"enum": LANGUAGES, "example": "zh"})
    active = fields.Boolean(required=True)
    has_password = fields.Boolean(
        required=True, metadata={"description": "False until somebody who was invited chooses one."}
    )
    teams = fields.List(fields.UUID(), required=True, metadata={"description": "The first is the main team."})
    roles = fields.List(fields.UUID(), required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class NewUserView(UserView):
    """A new account."""

    initial_password = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The password that was made, told only now; null if you gave one.", "example": None},
    )


class NewPasswordView(NoRecord):
    """A new password, told only now."""

    initial_password = fields.String(required=True, allow_none=True, metadata={"description": "Null in a replay."})


class UserSearch(OfUsers, PageRequest):
    """Which accounts to list, and how."""

    sort = fields.String(
        load_default="name",
        validate=validate.OneOf([sign + name for name in USER_ORDERS for sign in ("", "-")]),
        metadata={"description": "A field; `-` before it for the other direction.", "example": "name"},
    )
    search = Text(100, metadata={"description": "The beginning of a name or an e-mail address.", "example": "sa"})
    active = Flag(metadata={"description": "Only open, or only closed accounts.", "example": True})
    team = fields.UUID(metadata={"description": "Only members of this team."})
    role = fields.UUID(metadata={"description": "Only people with this role."})


class NewTeam(OfTeams):
    """A team to create."""

    id = _own_id()
    name = Text(100, required=True, metadata={"description": "Unique below the same team.", "example": "East"})
    parent_id = fields.UUID(allow_none=True, metadata={"description": "The team above it; null for none."})


class TeamChange(OfTeams):
    """What is to be different; fields that are not given stay as they are."""

    name = Text(100, metadata={"description": "Unique below the same team.", "example": "East"})
    parent_id = fields.UUID(allow_none=True, metadata={"description": "The team above it; null for none."})


class TeamView(OfTeams):
    """A team."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True, metadata={"example": "East"})
    parent_id = fields.UUID(required=True, allow_none=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class TeamSearch(OfTeams, PageRequest):
    """Which teams to list."""

    search = Text(100, metadata={"description": "The beginning of a name.", "example": "ea"})
    parent = fields.UUID(metadata={"description": "Only teams right below this one."})


class NewRole(OfRoles):
    """A role to create."""

    id = _own_id()
    name = Text(100, required=True, metadata={"description": "Unique.", "example": "Key accounts"})
    permissions = Permissions(required=True)
    field_rules = FieldRules()


class RoleChange(OfRoles):
    """What is to be different; fields that are not given stay as they are."""

    name = Text(100, metadata={"description": "Unique.", "example": "Key accounts"})
    permissions = Permissions()
    field_rules = FieldRules()


class RoleCopy(OfRoles):
    """The name of a copy."""

    name = Text(100, required=True, metadata={"description": "Unique.", "example": "Key accounts"})


class RoleView(OfRoles):
    """A role."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True, metadata={"example": "sales_rep"})
    built_in = fields.Boolean(required=True, metadata={"description": "Whether it belongs to the suite."})
    customised = fields.Boolean(
        required=True, metadata={"description": "Whether a built-in one was changed here; it can be reset."}
    )
    permissions = Permissions(required=True)
    field_rules = FieldRules(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class DirectorySearch(PageRequest):
    """Whom to list."""

    search = Text(100, metadata={"description": "The beginning of a name.", "example": "sa"})
    kind = fields.String(validate=validate.OneOf([PERSON, TEAM]), metadata={"example": PERSON})


class DirectoryEntryView(Schema):
    """Somebody that something can be assigned to."""

    kind = fields.String(required=True, metadata={"enum": [PERSON, TEAM], "example": PERSON})
    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Sales Rep"})
    team_id = fields.UUID(required=True, allow_none=True)


UserPage = page_of(UserView)
TeamPage = page_of(TeamView)
RolePage = page_of(RoleView)
DirectoryPage = page_of(DirectoryEntryView)
