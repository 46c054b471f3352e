"""The service ``things`` of the tests: one operation for each way an operation can be."""

from typing import Any

from tests.gateway.small_service import (
    SILENCE,
    Asked,
    Function,
    Told,
    fragment,
    operation,
    path_parameter,
    query_parameter,
)

NO_SUCH_THING = {"type": "thing-not-found", "title": "There is no such thing", "status": 404, "detail": "Look again"}
FOUND = {"200": {"description": "The thing."}, "404": {"description": "No such thing."}}
BODY = {"content": {"application/json": {"schema": {"type": "object"}}}}

THING = "00000000-0000-7000-8000-000000000001"
UNKNOWN_THING = "00000000-0000-7000-8000-000000000002"
REPORT = b"a,b\n1,2\n" * 50_000

OPENAPI: dict[str, Any] = fragment(
    **{
        "/things": {
            "get": operation("find_things", parameters=[query_parameter("q"), query_parameter("tag", type="array")]),
            "post": operation("create_thing", requestBody=BODY, responses={"201": {"description": "Made."}}),
        },
        "/things/{thing_id}": {
            "get": operation("get_thing", parameters=[path_parameter("thing_id")], responses=FOUND),
            "patch": operation(
                "change_thing", guarded=True, parameters=[path_parameter("thing_id")], requestBody=BODY, responses=FOUND
            ),
            "delete": operation("delete_thing", parameters=[path_parameter("thing_id")], responses=FOUND),
        },
        "/things/{thing_id}/overview": {
            "get": operation(
                "overview",
                parameters=[path_parameter("thing_id")],
                gather=[
                    {"part": "thing", "service": "things", "method": "get_thing", "arguments": {}, "required": True},
                    {"part": "notes", "service": "notes", "method": "notes_of", "arguments": {"limit": 10}},
                    {"part": "secrets", "service": "things", "method": "secrets_of", "arguments": {}},
                    {"part": "slow", "service": "things", "method": "slow_part", "arguments": {}},
                ],
            )
        },
        "/named/{name}": {"get": operation("get_named", parameters=[path_parameter("name", type="string")])},
        "/strict/{thing_id}": {
            "get": operation(
                "get_strict",
                parameters=[path_parameter("thing_id")],
                responses={"200": {"description": "Yes."}, "422": {"description": "No UUID."}},
            )
        },
        "/things-report": {"get": operation("report", answer="file")},
        "/public": {
            "get": operation("public_page", needs="public", answer="document"),
            "post": operation("public_form", needs="public", form=True, requestBody=BODY),
        },
        "/slow": {"get": operation("slow", timeout=0.5)},
        "/slow-part": {"get": operation("slow_part", timeout=0.5)},
        "/forbidden": {"get": operation("forbidden", needs="things:destroy")},
        "/busy": {"post": operation("busy")},
        "/strange": {"get": operation("strange", answer="file")},
        "/broken": {"get": operation("broken")},
    }
)


def functions() -> dict[str, Function]:
    """What the operations do."""
    return {
        "find_things": _echo,
        "create_thing": lambda asked: Told(201, asked.arguments, {"rockpool.etag": '"1"', **_replay(asked)}),
        "get_thing": _get_thing,
        "change_thing": _echo,
        "delete_thing": lambda _: Told(204, b"null"),
        "secrets_of": _forbidden,
        "get_named": _echo,
        "get_strict": _echo,
        "report": lambda _: {"file": "reports/1", "name": "报告 2026.csv", "media_type": "text/csv"},
        "public_page": lambda _: {"content": "<h1>你好</h1>", "media_type": "text/html"},
        "public_form": _echo,
        "slow": lambda _: SILENCE,
        "slow_part": lambda _: SILENCE,
        "forbidden": _forbidden,
        "busy": lambda _: Told(409, _problem("still-running", 409), {"rockpool.retry_after": 3}),
        "strange": lambda _: {"no": "file"},
        "broken": lambda _: Told(500, _problem("internal-error", 500)),
    }


def _echo(asked: Asked) -> Any:
    return {"arguments": asked.arguments, "headers": {k: v for k, v in asked.headers.items() if k != "nameko.token"}}


def _replay(asked: Asked) -> dict[str, str]:
    return {"rockpool.replayed": "true"} if asked.headers.get("nameko.idempotency_key") == "again" else {}


def _get_thing(asked: Asked) -> Told:
    if asked.arguments["thing_id"] != THING:
        return Told(404, NO_SUCH_THING)
    return Told(200, b'{"id": "%b",   "name": "Anemone"}' % THING.encode(), {"rockpool.etag": '"7"'})


def _forbidden(_: Asked) -> Told:
    return Told(403, _problem("forbidden", 403))


def _problem(slug: str, status: int) -> dict[str, Any]:
    return {"type": slug, "title": slug.replace("-", " "), "status": status}
