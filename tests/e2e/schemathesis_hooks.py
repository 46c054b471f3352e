"""How schemathesis logs in, finds records to try things with, and which refusals are no failures; loaded by ``st run``.

The account comes from the environment: see test_schemathesis.py.
"""

import json
import os
from typing import Any
from uuid import uuid4

import requests
import schemathesis
from schemathesis import AuthContext, Case, CheckContext, GenerationMode, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import coverage_scenario
from schemathesis.openapi.checks import RejectedPositiveData

API = os.environ["ROCKPOOL_API"]
ACCOUNT = {"email": os.environ["ROCKPOOL_EMAIL"], "password": os.environ["ROCKPOOL_PASSWORD"]}
ACCOUNT_ID = os.environ["ROCKPOOL_USER_ID"]
SELF_LOCKING = ("/me/password", "/auth/step-up", "/auth/logout", "/auth/sessions", "/auth/sessions/{session_id}")
"""What ends sessions or counts wrong passwords is tried by people hired for it, who are soon out for good."""

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
    "/api-keys": "api_key_id",
    "/users/import": "/jobs/auth",
    "/customers/import": "/jobs/customers",
    "/campaigns/{campaign_id}/test-send": "/jobs/campaigns",
}
"""The parameter that finds what an operation has made; for a job, which service does it."""
IN_BODIES = ("customer_id", "file", "old_password", "refresh_token")
"""What is mentioned in bodies must be there for anything to come of them."""
ROWS = b"name,email\nExample Ltd,example@example.com\n"
"""An upload that can be imported."""

made: dict[str, str] = {"old_password": ACCOUNT["password"]}
"""The last record of each kind that was made in this run, and other things that only the suite can know."""
known: set[str] = set()
"""Every record that was made in this run, even if it was removed since."""
cursors: dict[tuple[str, str], str] = {}
"""Where the last page ended, by list and order."""
tried: set[tuple[str, ...]] = set()
"""Which kinds of systematic cases there were, by operation."""

FEW = "ROCKPOOL_FEW" in os.environ
"""Whether one systematic case of each kind is enough for an operation."""


@schemathesis.auth(refresh_interval=200, cache_by_key=lambda case, _: case.path if case.path in SELF_LOCKING else "")
class Login:
    """An administrator who has just proved himself, again whenever that is over."""

    def get(self, case: Case, _: AuthContext) -> str:
        """Log in."""
        token = stepped_up(log_in(ACCOUNT))
        if case.path in SELF_LOCKING:
            return log_in(hired(token))
        made["file"] = uploaded(token)
        return token

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


def stepped_up(token: str) -> str:
    """An access token that opens what is dangerous, too."""
    proof = {"password": ACCOUNT["password"]}
    answer = requests.post(f"{API}/auth/step-up", json=proof, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def hired(token: str) -> dict[str, str]:
    """Somebody new, without any rights."""
    account = {"email": f"hired-{uuid4().hex}@example.com", "password": ACCOUNT["password"]}
    person = {**account, "name": "Hired"}
    requests.post(
        f"{API}/users", json=person, headers={"Authorization": f"Bearer {token}"}, timeout=30
    ).raise_for_status()
    return account


def uploaded(token: str) -> str:
    """The key of a file that can be imported."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}
    answer = requests.post(f"{API}/files", data=ROWS, headers=headers, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["file"])


@schemathesis.hook
def filter_case(context: HookContext, case: Case) -> bool:
    """Whether to try a case: of the thousands of systematic ones, `make test` takes some of every kind."""
    scenario = coverage_scenario(case)
    if not FEW or scenario is None:
        return True
    kind = (case.operation.label, case.method, scenario)
    fresh = kind not in tried
    tried.add(kind)
    return fresh


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Try well-formed requests with records that are there, in their present version, and with keys of their own."""
    if well_formed(case, ParameterLocation.PATH):
        for name, value in case.path_parameters.items():
            if value not in known:
                case.path_parameters[name] = made.get(place_of(case.path, name), value)
    if well_formed(case, ParameterLocation.BODY):
        mention_known(case.body)
    if well_formed(case, ParameterLocation.QUERY) and "cursor" in case.query:
        go_on(case)
    if well_formed(case, ParameterLocation.HEADER):
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = str(uuid4())
        if "If-Match" in case.headers:
            case.headers["If-Match"] = present_version(case) or case.headers["If-Match"]
    spare_oneself(case)


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    """Remember what was made, and forget what was removed."""
    name = MADE_BY.get(case.path)
    if name and case.method == "POST" and response.status_code in (200, 201, 202):
        answer = response.json()
        made[name] = str(answer.get("id") or answer["job_id"])
        known.add(made[name])
    if case.path == "/auth/login" and response.status_code == 200:
        made["refresh_token"] = response.json()["refresh_token"]
    if case.method == "DELETE" and response.status_code == 204:
        for name in case.path_parameters:
            made.pop(name, None)
    end = response.json()["next_cursor"] if "cursor" in case.operation.query and response.status_code == 200 else None
    if end:
        cursors[list_of(case)] = end


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Whether it is a failure: a refusal of a documented kind of its own is none, if the request only has the form.

    That is what no schema can say: the record has another version, the upload is not there, the time is over.
    """
    kind = kind_of(response)
    if not isinstance(failure, RejectedPositiveData) or kind in (None, "invalid"):
        return True
    return str(kind) not in documented(case, response)


@schemathesis.check
def every_refusal_is_documented(context: CheckContext, response: Response, case: Case) -> None:
    """Programs tell refusals apart by their kinds, so the document names all that an operation has."""
    kind, described = kind_of(response), documented(case, response)
    if kind and described and kind not in described:
        raise AssertionError(f"{response.status_code} `{kind}` is not documented")


def kind_of(response: Response) -> str | None:
    """The slug of the problem that was answered."""
    if response.status_code < 400 or not response.text:
        return None
    return str(response.json().get("type", "")).rpartition(":")[2]


def documented(case: Case, response: Response) -> str:
    """What the document says of the status that was answered; whether it says anything is another check's matter."""
    described = case.operation.responses.find_by_status_code(response.status_code)
    return "" if described is None else json.dumps(described.definition)


def well_formed(case: Case, location: ParameterLocation) -> bool:
    """Whether this part of the request keeps to the description."""
    generated = case.meta.components.get(location) if case.meta else None
    return generated is not None and generated.mode is GenerationMode.POSITIVE


def place_of(path: str, parameter: str) -> str:
    """Under which name records for this parameter are remembered: each service has jobs of its own."""
    return path.partition("/{job_id}")[0] if parameter == "job_id" else parameter


def mention_known(body: Any) -> None:
    """Let a body, and each item of a batch, speak of records that are there."""
    if isinstance(body, dict):
        body.update({name: made[name] for name in IN_BODIES if name in made and name in body})
        for item in body.get("items") or ():
            mention_known(item)


def go_on(case: Case) -> None:
    """Ask for the page after one that there was, or for the first one: nobody can make cursors up."""
    end = cursors.get(list_of(case))
    if end is None:
        del case.query["cursor"]
    else:
        case.query["cursor"] = end


def list_of(case: Case) -> tuple[str, str]:
    """A list in an order: a cursor is good for no other."""
    return case.path, str((case.query or {}).get("sort"))


def spare_oneself(case: Case) -> None:
    """Neither close nor change the account on which all depends, nor lock it by wrong passwords."""
    if case.path_parameters.get("user_id") == ACCOUNT_ID and case.method != "GET":
        case.path_parameters["user_id"] = str(uuid4())
    if case.path == "/auth/login" and well_formed(case, ParameterLocation.BODY):
        case.body = dict(ACCOUNT)
    if case.path == "/auth/step-up" and well_formed(case, ParameterLocation.BODY):
        case.body = {"password": ACCOUNT["password"]}
    if case.path == "/auth/policy" and isinstance(case.body, dict):
        case.body = {**case.body, "second_factor": "optional", "second_factor_roles": []}
    if case.path == "/auth/keys/rotate" and isinstance(case.body, dict) and case.body.get("compromised") is True:
        case.body = {**case.body, "compromised": False}


def present_version(case: Case) -> str | None:
    """The ETag of the record that a request is about, if it is there."""
    path = case.path.format(**case.path_parameters)
    answer = requests.get(f"{API}{path}", headers={"Authorization": case.headers.get("Authorization", "")}, timeout=30)
    return answer.headers.get("ETag")
