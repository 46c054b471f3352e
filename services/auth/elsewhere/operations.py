"""The part of auth's table of contents that is about accounts elsewhere."""

from chassis.operations import AUTHENTICATED, PUBLIC, operation
from services.auth.elsewhere import logging_in, providers
from services.auth.elsewhere.errors import (
    IdentityTaken,
    NotLinked,
    ProviderNameTaken,
    ProviderRefused,
    ProviderUnavailable,
    ProviderUnusable,
)
from services.auth.elsewhere.schemas import (
    Attempt,
    BegunAttempt,
    IdentityList,
    IdentityView,
    LoginAnswer,
    NewProvider,
    ProviderChange,
    ProviderChoices,
    ProviderList,
    ProviderView,
)
from services.auth.session_schemas import LoggedIn
from services.auth.signing_in.errors import SecondFactorRequired, SecondFactorToSetUp

PATIENCE_SECONDS = 15.0
"""The provider is asked three times."""


class Elsewhere:
    """Logging in with accounts elsewhere."""

    find_login_providers = operation(
        "GET /auth/providers", logging_in.find_providers, gives=ProviderChoices, needs=PUBLIC
    )
    begin_provider_log_in = operation(
        "POST /auth/providers/{provider_id}/begin",
        logging_in.begin_log_in,
        gives=BegunAttempt,
        needs=PUBLIC,
        timeout=PATIENCE_SECONDS,
        errors=(ProviderUnavailable,),
    )
    log_in_with_provider = operation(
        "POST /auth/provider-log-in",
        logging_in.finish_log_in,
        takes=LoginAnswer,
        gives=LoggedIn,
        needs=PUBLIC,
        timeout=PATIENCE_SECONDS,
        errors=(ProviderRefused, NotLinked, SecondFactorRequired, SecondFactorToSetUp),
    )
    begin_link = operation(
        "POST /me/identities/{provider_id}/begin",
        logging_in.begin_link,
        gives=BegunAttempt,
        needs=AUTHENTICATED,
        step_up=True,
        once=("attempt", "url"),
        timeout=PATIENCE_SECONDS,
        errors=(ProviderUnavailable,),
    )
    link_identity = operation(
        "POST /me/identities",
        logging_in.finish_link,
        takes=Attempt,
        gives=IdentityView,
        needs=AUTHENTICATED,
        status=201,
        timeout=PATIENCE_SECONDS,
        errors=(ProviderRefused, IdentityTaken),
    )
    find_identities = operation(
        "GET /me/identities", logging_in.find_identities, gives=IdentityList, needs=AUTHENTICATED
    )
    remove_identity = operation(
        "DELETE /me/identities/{identity_id}", logging_in.remove_identity, needs=AUTHENTICATED, step_up=True
    )
    create_provider = operation(
        "POST /identity-providers",
        providers.create_provider,
        takes=NewProvider,
        gives=ProviderView,
        needs="identity_providers:change",
        step_up=True,
        status=201,
        timeout=PATIENCE_SECONDS,
        errors=(ProviderUnusable, ProviderNameTaken),
    )
    list_providers = operation(
        "GET /identity-providers", providers.list_providers, gives=ProviderList, needs="identity_providers:read"
    )
    change_provider = operation(
        "PATCH /identity-providers/{provider_id}",
        providers.change_provider,
        takes=ProviderChange,
        gives=ProviderView,
        needs="identity_providers:change",
        step_up=True,
        guarded=True,
        errors=(ProviderNameTaken,),
    )
    delete_provider = operation(
        "DELETE /identity-providers/{provider_id}",
        providers.delete_provider,
        needs="identity_providers:change",
        step_up=True,
        guarded=True,
    )
