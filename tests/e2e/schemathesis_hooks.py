"""How schemathesis logs in, finds records to try things with, and which refusals are no failures; loaded by ``st run``.

The account comes from the environment: see test_schemathesis.py.
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
ACCOUNT_ID = os.environ["ROCKPOOL_USER_ID"]
SELF_LOCKING = ("/me/password", "/auth/step-up", "/auth/logout", "/auth/sessions/{session_id}")
"""What ends sessions or counts wrong passwords is tried by people hired for it, who are soon out for good."""

BEYOND_SCHEMAS = (
    '"/cursor"',  # the place is not one of this list
    "There is no such",  # an upload or a customer that is named is not there
    "Not a filter tree",  # a language of its own
    '"/audience',
    '"/defaults"',  # texts that are numbers in a column of numbers
    "This time is over",
    "This may be given only once",  # a field of a form
    "The file is empty",
    "Must not be blank",  # dialects of regular expressions differ in what white space is
    "the character NUL",
    "Without a column for e-mail addresses",  # two fields that depend on each other
)
"""What a 422 says that no schema can say, although the request is of the right form."""

MADE_BY = {
    "/customers": "customer_id",
    "/customers/{customer_id}/contacts": "contact_id",
    "/customers/{customer_id}/interactions": "interaction_id",
    "/customers/{customer_id}/follow-up": "follow_up_id",
    "/tickets": "ticket_id",
    "/campaigns": "campaign_id",
    "/unsubscriptions": "unsubscription_id",
    "/teams": "team_id",
    "/roles": "role_id",
    "/users": "user_id",
}
"""The path parameter that finds what an operation has made."""
made: dict[str, str] = {}
"""The last record of each kind that was made in this run."""


@schemathesis.auth(refresh_interval=200, cache_by_key=lambda case, _: case.path in SELF_LOCKING)
class Login:
    """An administrator with a fresh token whenever the last one is over."""

    def get(self, case: Case, _: AuthContext) -> str:
        """Log in."""
        token = log_in(ACCOUNT)
        return log_in(hired(token)) if case.path in SELF_LOCKING else token

    def set(self, case: Case, data: str, _: AuthContext) -> None:
        """Send the token along."""
        case.headers["Authorization"] = f"Bearer {data}"


def log_in(account: dict[str, str]) -> str:
    """An access token that opens everything that the account may do, also what takes a step-up."""
    token = tokens_of("/auth/login", account)["access_token"]
    proof = {"password": account["password"]}
    return str(tokens_of("/auth/step-up", proof, {"Authorization": f"Bearer {token}"})["access_token"])


def tokens_of(path: str, body: dict[str, str], headers: dict[str, str] | None = None) -> dict[str, Any]:
    """The pair of tokens that an operation of auth answers."""
    answer = requests.post(f"{API}{path}", json=body, headers=headers, timeout=30)
    answer.raise_for_status()
    return dict(answer.json())


def hired(token: str) -> dict[str, str]:
    """Somebody new, without any rights."""
    account = {"email": f"hired-{uuid4().hex}@example.com", "password": ACCOUNT["password"]}
    person = {**account, "name": "Hired"}
    requests.post(
        f"{API}/users", json=person, headers={"Authorization": f"Bearer {token}"}, timeout=30
    ).raise_for_status()
    return account


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Try well-formed requests with records that are there, in their present version, and with keys of their own."""
    if well_formed(case, ParameterLocation.PATH):
        case.path_parameters.update({name: made[name] for name in case.path_parameters if name in made})
    if case.path_parameters.get("user_id") == ACCOUNT_ID and case.method != "GET":
        case.path_parameters["user_id"] = str(uuid4())
    if case.path == "/auth/login" and isinstance(case.body, dict) and case.body.get("email") == ACCOUNT["email"]:
        case.body = {**case.body, "email": "nobody@example.com"}
    if well_formed(case, ParameterLocation.HEADER):
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = str(uuid4())
        if "If-Match" in case.headers:
            case.headers["If-Match"] = present_version(case) or case.headers["If-Match"]


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    """Remember what was made, and forget what was removed."""
    name = MADE_BY.get(case.path)
    if name and case.method == "POST" and response.status_code in (200, 201):
        made[name] = str(response.json()["id"])
    if case.method == "DELETE" and response.status_code == 204:
        for name in case.path_parameters:
            made.pop(name, None)


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Whether it is a failure that a request of the right form was refused."""
    refused = isinstance(failure, RejectedPositiveData) and response.status_code == 422
    return not (refused and any(reason in response.text for reason in BEYOND_SCHEMAS))


def well_formed(case: Case, location: ParameterLocation) -> bool:
    """Whether this part of the request keeps to the description."""
    generated = case.meta.components.get(location) if case.meta else None
    return generated is not None and generated.mode is GenerationMode.POSITIVE


def present_version(case: Case) -> str | None:
    """The ETag of the record that a request is about, if it is there."""
    path = case.path.format(**case.path_parameters)
    answer = requests.get(f"{API}{path}", headers={"Authorization": case.headers.get("Authorization", "")}, timeout=30)
    return answer.headers.get("ETag")
