"""How schemathesis logs in, and which refusals of well-formed requests are no failures; loaded by ``st run``.

The accounts come from the environment: see test_schemathesis.py.
"""

import os
from typing import Any
from uuid import uuid4

import requests
import schemathesis
from schemathesis import AuthContext, Case, GenerationMode, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

API = os.environ["ROCKPOOL_API"]
ACCOUNT = {"email": os.environ["ROCKPOOL_EMAIL"], "password": os.environ["ROCKPOOL_PASSWORD"]}
SPARE = {**ACCOUNT, "email": os.environ["ROCKPOOL_SPARE_EMAIL"]}
ACCOUNT_ID = os.environ["ROCKPOOL_USER_ID"]
SELF_LOCKING = ("/me/password", "/auth/logout", "/auth/sessions/{session_id}")
"""What ends sessions or counts wrong passwords is tried with the spare account, or the other would be out for good."""

BEYOND_SCHEMAS = (
    '"/cursor"',  # the place is not one of this list
    "There is no such",  # an upload or a customer that is named is not there
    "Not a filter tree",  # a language of its own
    '"/audience',
    "This time is over",
    "This may be given only once",  # a field of a form
    "The file is empty",
    "the character NUL",
    "Without a column for e-mail addresses",  # two fields that depend on each other
)
"""What a 422 says that no schema can say, although the request is of the right form."""


@schemathesis.auth(refresh_interval=200, cache_by_key=lambda case, _: case.path in SELF_LOCKING)
class Login:
    """An administrator with a fresh token whenever the last one is over."""

    def get(self, case: Case, _: AuthContext) -> str:
        """Log in."""
        account = SPARE if case.path in SELF_LOCKING else ACCOUNT
        answer = requests.post(f"{API}/auth/login", json=account, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def set(self, case: Case, data: str, _: AuthContext) -> None:
        """Send the token along."""
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Use each Idempotency-Key once; leave the account that everything is tried with alone."""
    generated = case.meta.components.get(ParameterLocation.HEADER) if case.meta else None
    if "Idempotency-Key" in case.headers and generated and generated.mode is GenerationMode.POSITIVE:
        case.headers["Idempotency-Key"] = str(uuid4())
    if (case.path_parameters or {}).get("user_id") == ACCOUNT_ID and case.method != "GET":
        case.path_parameters = {"user_id": str(uuid4())}
    if case.path == "/auth/login" and isinstance(case.body, dict) and case.body.get("email") == ACCOUNT["email"]:
        case.body = {**case.body, "email": "nobody@example.com"}


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Whether it is a failure that a request of the right form was refused."""
    refused = isinstance(failure, RejectedPositiveData) and response.status_code == 422
    return not (refused and any(reason in response.text for reason in BEYOND_SCHEMAS))
