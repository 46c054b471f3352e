"""The OpenAPI document and the page that shows it."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway import openapi
from tests.gateway.running import ROOT, RunningGateway
from tests.gateway.small_service import fragment, operation, path_parameter
from tests.gateway.things import OPENAPI


@pytest.fixture
def document(gateway: RunningGateway) -> dict[str, Any]:
    """The document as the gateway answers it."""
    answer = requests.get(f"{gateway.api}/openapi.json", timeout=5)
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def described(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The description of a service whose one operation answers a schema called View."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/View"}}}
    one = operation("get_it", service=name, responses={"200": {"description": "It.", "content": content}})
    return {
        "service": name,
        "fingerprint": "",
        "openapi": {"paths": {f"/{name}": {"get": one}}, "components": {"schemas": {"View": schema}}},
    }


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"


def test_every_operation_of_every_service_is_in_it(document: dict[str, Any]) -> None:
    assert {path: set(item) for path, item in OPENAPI["paths"].items()}.items() <= {
        path: set(item) for path, item in document["paths"].items()
    }.items()
    assert {tag["name"] for tag in document["tags"]} >= {"things", "gateway"}


def test_the_gateways_own_operations_are_described_too(document: dict[str, Any]) -> None:
    assert {"/files", "/live", "/openapi.json"} <= set(document["paths"])


def test_operations_tell_permission_errors_and_how_to_log_in(document: dict[str, Any]) -> None:
    forbidden = document["paths"]["/forbidden"]["get"]
    public = document["paths"]["/public"]["get"]

    assert forbidden["x-permission"] == "things:destroy"
    assert {"401", "403", "429", "503", "504"} <= set(forbidden["responses"])
    assert public["security"] == []
    assert "401" not in public["responses"]
    assert document["security"] == [{"bearer": []}]


def test_each_error_is_a_problem_with_the_headers_it_comes_with(document: dict[str, Any]) -> None:
    responses = document["components"]["responses"]
    (too_many,) = [one for name, one in responses.items() if name.startswith("Error429")]

    assert too_many["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(too_many["headers"])


def test_schemas_of_one_name_that_differ_keep_apart() -> None:
    built = openapi.build([described("one", {"type": "object"}), described("two", {"type": "string"})])
    content = built["paths"]["/two"]["get"]["responses"]["200"]["content"]["application/json"]

    assert content["schema"] == {"$ref": "#/components/schemas/TwoView"}
    assert built["components"]["schemas"]["TwoView"] == {"type": "string"}
    assert "View" not in built["components"]["schemas"]
    OpenAPIV31SpecValidator(built).validate()


def test_schemas_of_one_name_that_agree_stay_one() -> None:
    built = openapi.build([described("one", {"type": "object"}), described("two", {"type": "object"})])

    assert built["components"]["schemas"]["View"] == {"type": "object"}


def test_the_order_of_descriptions_does_not_matter() -> None:
    one, two = described("one", {"type": "object"}), described("two", {"type": "string"})

    assert openapi.text_of(openapi.build([one, two])) == openapi.text_of(openapi.build([two, one]))


def test_building_leaves_the_descriptions_as_they_are() -> None:
    paths = {"/x/{x_id}": {"get": operation("x", parameters=[path_parameter("x_id")])}}
    description = {"service": "things", "fingerprint": "", "openapi": fragment(**paths)}
    before = json.dumps(description)
    openapi.build([description])

    assert json.dumps(description) == before


def test_the_document_is_built_from_the_packages_and_checked_against_a_file(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"

    def build(*words: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "gateway.openapi", "tests.chassis.probe", *words]
        return subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)

    assert build("--write", str(file)).returncode == 0
    OpenAPIV31SpecValidator(json.loads(file.read_text())).validate()
    assert build("--check", str(file)).returncode == 0
    assert build().stdout == file.read_text()
    file.write_text(file.read_text().replace("Rockpool", "Rockpond"))
    drifted = build("--check", str(file))
    assert drifted.returncode == 1
    assert "--write" in drifted.stderr


def test_the_document_is_not_sent_again_to_who_has_it(gateway: RunningGateway) -> None:
    first = requests.get(f"{gateway.api}/openapi.json", timeout=5)
    again = requests.get(f"{gateway.api}/openapi.json", headers={"If-None-Match": first.headers["ETag"]}, timeout=5)

    assert (again.status_code, again.content) == (304, b"")


def test_the_page_loads_nothing_from_elsewhere(gateway: RunningGateway) -> None:
    page = requests.get(f"{gateway.url}/docs", timeout=5)
    files = [file.name for file in (ROOT / "gateway" / "docs").iterdir()]

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    for name in files:
        answer = requests.get(f"{gateway.url}/docs/{name}", timeout=5)
        assert answer.ok
        assert set(re.findall(r"https?://[\w.]+", answer.text)) <= {"http://www.w3.org", "https://example.com"}


def test_the_root_leads_to_the_page(gateway: RunningGateway) -> None:
    assert requests.get(gateway.url, timeout=5).url == f"{gateway.url}/docs"
