"""The part of auth's table of contents that is about API keys."""

from chassis.errors import NotFound
from chassis.operations import AUTHENTICATED, INTERNAL, operation
from services.auth.api_keys import commands, lookup
from services.auth.api_keys.schemas import (
    ApiKeyHash,
    ApiKeyOwner,
    ApiKeyPage,
    ApiKeySearch,
    ApiKeyUse,
    NewApiKey,
    NewApiKeyView,
)
from services.auth.errors import AccountClosed, BeyondOwnRights, ExpiryOutOfRange, TooManyApiKeys, UnknownRole


class ApiKeys:
    """Keys for programs."""

    create_api_key = operation(
        "POST /api-keys",
        commands.create_api_key,
        takes=NewApiKey,
        gives=NewApiKeyView,
        needs="api_keys:create",
        step_up=True,
        status=201,
        once=("key",),
        errors=(NotFound, UnknownRole, BeyondOwnRights, AccountClosed, TooManyApiKeys, ExpiryOutOfRange),
    )
    find_api_keys = operation(
        "GET /api-keys", commands.find_api_keys, takes=ApiKeySearch, gives=ApiKeyPage, needs=AUTHENTICATED
    )
    revoke_api_key = operation(
        "DELETE /api-keys/{api_key_id}", commands.revoke_api_key, needs=AUTHENTICATED, errors=(BeyondOwnRights,)
    )
    look_up_api_key = operation("GET", lookup.look_up_api_key, takes=ApiKeyHash, gives=ApiKeyOwner, needs=INTERNAL)
    note_api_key_use = operation("POST", lookup.note_api_key_use, takes=ApiKeyUse, needs=INTERNAL)
