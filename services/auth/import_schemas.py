"""What an import of people and teams is asked for with."""

from marshmallow import Schema, fields, validate

from services.auth.addresses import DOMAIN_PATTERN
from services.auth.schemas import Flag, Text

ENCODINGS = ("utf-8", "gb18030", "big5", "cp1252", "utf-16")


class ImportMapping(Schema):
    """Which column of the file holds what."""

    name = Text(200, required=True, metadata={"description": "The person's name.", "example": "sales_agent"})
    email = Text(200, metadata={"description": "His e-mail address.", "example": "email"})
    team = Text(200, metadata={"description": "The name of his team.", "example": "team"})
    manager = Text(
        200,
        metadata={"description": "His manager; names the team unless a column `team` does.", "example": "manager"},
    )
    parent_team = Text(200, metadata={"description": "The team above his team.", "example": "regional_office"})


class ImportOptions(Schema):
    """How to import."""

    email_domain = Text(
        100,
        pattern=f"^(?:{DOMAIN_PATTERN})$",
        metadata={"description": "For addresses made from names where none is given.", "example": "example.com"},
    )
    role = Text(100, metadata={"description": "The role of everybody, `sales_rep` if you do not say."})
    manager_role = Text(100, metadata={"description": "The role of managers, `sales_manager` if you do not say."})
    invite = Flag(
        metadata={
            "description": "Invite everybody whose address is in the file, instead of making a password.",
            "example": False,
        }
    )
    encoding = fields.String(
        validate=validate.OneOf(ENCODINGS),
        metadata={"description": "Of the file; recognised if you do not say.", "example": "utf-8"},
    )


class UserImport(Schema):
    """A CSV file to import, and how."""

    file = Text(200, required=True, metadata={"description": "The key of your upload.", "example": "uploads/…/…"})
    mapping = fields.Nested(ImportMapping, required=True)
    options = fields.Nested(ImportOptions)
    dry_run = Flag(metadata={"description": "Only report what would happen.", "example": True})
