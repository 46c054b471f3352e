"""Described operations over HTTP: what goes to the service, and what comes back."""

import time

import pytest
import requests

from tests.gateway.conftest import LogIn
from tests.gateway.running import RunningGateway
from tests.gateway.small_service import SmallService
from tests.gateway.things import THING, UNKNOWN_THING


def test_the_bytes_of_an_answer_reach_the_client_untouched(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.get(f"{gateway.api}/things/{THING}", headers=log_in(), timeout=5)

    assert answer.status_code == 200
    assert answer.content == b'{"id": "%b",   "name": "Anemone"}' % THING.encode()
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["ETag"] == '"7"'


def test_path_parameters_and_body_fields_arrive_as_flat_arguments(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.patch(f"{gateway.api}/things/{THING}", json={"name": "海葵"}, headers=log_in(), timeout=5)

    assert answer.json()["arguments"] == {"thing_id": THING, "name": "海葵"}


def test_query_parameters_arrive_as_text_and_lists_where_described(gateway: RunningGateway, log_in: LogIn) -> None:
    url = f"{gateway.api}/things?q=%E6%B5%B7&tag=a&tag=b&limit=5&empty="

    assert requests.get(url, headers=log_in(), timeout=5).json()["arguments"] == {
        "q": "海",
        "tag": ["a", "b"],
        "limit": "5",
        "empty": "",
    }


def test_a_list_of_one_is_a_list(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.get(f"{gateway.api}/things?tag=a", headers=log_in(), timeout=5)

    assert answer.json()["arguments"] == {"tag": ["a"]}


def test_a_query_parameter_that_is_no_list_may_not_be_repeated(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.get(f"{gateway.api}/things?q=a&q=b", headers=log_in(), timeout=5)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/q"


def test_a_field_may_not_contradict_the_path(gateway: RunningGateway, log_in: LogIn) -> None:
    url = f"{gateway.api}/things/{THING}"
    answer = requests.patch(url, json={"thing_id": UNKNOWN_THING}, headers=log_in(), timeout=5)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/thing_id"


def test_what_concerns_the_caller_travels_in_headers(
    gateway: RunningGateway, things: SmallService, log_in: LogIn
) -> None:
    sent = {"If-Match": '"3"', "Idempotency-Key": "key-1", "Accept-Language": "zh-CN"} | log_in()
    requests.patch(f"{gateway.api}/things/{THING}", json={}, headers=sent, timeout=5)

    headers = things.requests_of("change_thing")[-1].headers
    assert headers["nameko.token"] == sent["Authorization"].removeprefix("Bearer ")
    assert headers["nameko.if_match"] == '"3"'
    assert headers["nameko.idempotency_key"] == "key-1"
    assert headers["nameko.language"] == "zh-CN"
    assert headers["nameko.remote_addr"] == "127.0.0.1"
    assert headers["rockpool.reply"] == "bare"


def test_every_request_carries_its_deadline_twice(gateway: RunningGateway, things: SmallService, log_in: LogIn) -> None:
    requests.get(f"{gateway.api}/things/{THING}", headers=log_in(), timeout=5)

    asked = things.requests_of("get_thing")[-1]
    assert 4 < float(asked.headers["nameko.deadline"]) - time.time() <= 5
    assert asked.properties.expiration == "5000"


def test_a_trace_goes_on_through_the_gateway(gateway: RunningGateway, things: SmallService, log_in: LogIn) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    traceparent = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    answer = requests.get(f"{gateway.api}/things/{THING}", headers=log_in() | traceparent, timeout=5)

    assert trace_id in things.requests_of("get_thing")[-1].headers["nameko.traceparent"]
    assert trace_id in answer.headers["traceparent"]
    assert any(line["trace_id"] == trace_id for line in gateway.lines("request"))


def test_a_created_record_answers_201_with_its_etag(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.post(f"{gateway.api}/things", json={"name": "Crab"}, headers=log_in(), timeout=5)

    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    assert "Idempotency-Replayed" not in answer.headers


def test_a_replayed_answer_says_so(gateway: RunningGateway, log_in: LogIn) -> None:
    headers = log_in() | {"Idempotency-Key": "again"}
    answer = requests.post(f"{gateway.api}/things", json={"name": "Crab"}, headers=headers, timeout=5)

    assert answer.headers["Idempotency-Replayed"] == "true"


def test_nothing_to_say_is_204_without_a_body(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.delete(f"{gateway.api}/things/{THING}", headers=log_in(), timeout=5)

    assert (answer.status_code, answer.content) == (204, b"")


def test_a_problem_of_a_service_becomes_problem_json(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.get(f"{gateway.api}/things/{UNKNOWN_THING}", headers=log_in(), timeout=5)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem.pop("trace_id") in answer.headers["traceparent"]
    assert problem == {
        "type": "urn:rockpool:problem:thing-not-found",
        "title": "There is no such thing",
        "status": 404,
        "detail": "Look again",
    }


def test_a_refusal_to_be_repeated_later_says_when(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.post(f"{gateway.api}/busy", headers=log_in(), timeout=5)

    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "3")


@pytest.mark.parametrize("path", ["things/1", "things/not-a-uuid", f"things/{THING}x", f"things/{THING}/overview2"])
def test_nothing_is_found_under_what_is_no_uuid(gateway: RunningGateway, log_in: LogIn, path: str) -> None:
    assert requests.get(f"{gateway.api}/{path}", headers=log_in(), timeout=5).status_code == 404


def test_the_service_judges_the_parameter_if_it_describes_no_404(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.get(f"{gateway.api}/strict/not-a-uuid", headers=log_in(), timeout=5)

    assert answer.json()["arguments"] == {"thing_id": "not-a-uuid"}


def test_path_parameters_are_decoded(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.get(f"{gateway.api}/named/%E6%B5%B7%20%2B", headers=log_in(), timeout=5)

    assert answer.json()["arguments"] == {"name": "海 +"}


def test_a_form_is_taken_in_both_encodings_where_it_is_described(gateway: RunningGateway) -> None:
    fields = {"List-Unsubscribe": "One-Click"}
    encoded = requests.post(f"{gateway.api}/public", data=fields, timeout=5)
    in_parts = requests.post(f"{gateway.api}/public", files={name: (None, v) for name, v in fields.items()}, timeout=5)

    assert encoded.json()["arguments"] == in_parts.json()["arguments"] == fields


def test_of_a_field_that_a_form_has_twice_the_last_one_counts(gateway: RunningGateway) -> None:
    fields = [("List-Unsubscribe", "No"), ("List-Unsubscribe", "One-Click")]
    encoded = requests.post(f"{gateway.api}/public", data=fields, timeout=5)
    in_parts = requests.post(f"{gateway.api}/public", files=[(name, (None, v)) for name, v in fields], timeout=5)

    assert encoded.json()["arguments"] == in_parts.json()["arguments"] == {"List-Unsubscribe": "One-Click"}


def test_a_form_that_cannot_be_read_is_refused(gateway: RunningGateway) -> None:
    headers = {"Content-Type": "multipart/form-data"}
    answer = requests.post(f"{gateway.api}/public", data=b"--x", headers=headers, timeout=5)

    assert answer.status_code == 400


def test_a_document_is_sent_as_a_page_that_can_do_nothing(gateway: RunningGateway) -> None:
    answer = requests.get(f"{gateway.api}/public", timeout=5)

    assert answer.text == "<h1>你好</h1>"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_each_request_leaves_one_line_in_the_log(gateway: RunningGateway, log_in: LogIn) -> None:
    trace_id = requests.get(f"{gateway.api}/things/{THING}?q=secret", headers=log_in(), timeout=5).headers[
        "traceparent"
    ][3:35]

    (line,) = [line for line in gateway.lines("request") if line["trace_id"] == trace_id]
    assert (line["method"], line["route"], line["status"]) == ("GET", "things.get_thing", 200)
    assert line["caller"]
    assert "secret" not in str(line)


def test_requests_are_counted_by_operation(gateway: RunningGateway, log_in: LogIn) -> None:
    requests.get(f"{gateway.api}/things/{THING}", headers=log_in(), timeout=5)
    figures = requests.get(f"{gateway.url}/metrics", timeout=5).text

    assert 'rockpool_http_requests_total{method="GET",route="things.get_thing",status="200"}' in figures
    assert 'rockpool_http_duration_seconds_count{route="things.get_thing"}' in figures
    assert 'rockpool_bus_calls_total{method="get_thing",outcome="answered",service="things"}' in figures
