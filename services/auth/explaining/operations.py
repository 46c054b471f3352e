"""What auth offers on explanations: a part of its table of contents, in a file of its own for its length."""

from chassis.errors import NotFound
from chassis.operations import operation
from services.auth.explaining import access
from services.auth.explaining.errors import NoSuchField, ResourceNotNamed
from services.auth.explaining.schemas import AccessQuery, AccessView


class ExplainingOperations:
    """Why somebody can or cannot see or change something."""

    explain = operation(
        "GET /users/{user_id}/access",
        access.explain,
        takes=AccessQuery,
        gives=AccessView,
        needs="users:read",
        errors=(NotFound, NoSuchField, ResourceNotNamed),
    )
