"""What is dangerous takes a proof that was given in the last five minutes."""

import time

import pytest

from chassis import description
from chassis.identity import caller as callers
from chassis.operations import AUTHENTICATED, INTERNAL, PUBLIC, DeclarationError, operation
from tests.chassis.probe.service import ProbeService, burn_pages

ALL = {"pages:write": "own", "pages:read": "own", "pages:change": "own"}


def test_without_a_step_up_nothing_dangerous_happens(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    probe.call("write_page", anna, title="Tides")

    refused = probe.call("burn_pages", anna)

    assert (refused.status, refused.body["type"]) == (403, "step-up-required")
    assert probe.scalar("SELECT count(*) FROM pages") == 1
    assert probe.call("burn_pages", probe.stepped_up(anna)).status == 204
    assert probe.scalar("SELECT count(*) FROM pages") == 0


def test_a_step_up_gives_no_permission(tested):
    probe = tested(ProbeService)
    reader = probe.stepped_up(probe.person("Reader", {"pages:read": "all"}))

    assert probe.call("burn_pages", reader).body["type"] == "forbidden"


def test_a_step_up_is_over_after_five_minutes(tested, monkeypatch):
    probe = tested(ProbeService)
    anna = probe.stepped_up(probe.person("Anna", ALL))
    later = time.time() + callers.STEP_UP_SECONDS + 1

    class Later:
        """A clock that is ahead for whoever asks how old the proof is."""

        time = staticmethod(lambda: later)

    monkeypatch.setattr(callers, "time", Later)

    assert probe.call("burn_pages", anna).body["type"] == "step-up-required"
    assert probe.call("find_pages", anna, limit=1).status == 200


def test_the_token_without_the_proof_is_no_better_for_another_one_that_has_it(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    assert probe.call("burn_pages", probe.stepped_up(anna)).status == 204
    assert probe.call("burn_pages", anna).status == 403


def test_the_description_tells_of_the_step_up():
    described = description.of(ProbeService)["openapi"]["paths"]["/pages"]["delete"]

    assert "step-up-required" in described["responses"]["403"]["description"]
    assert "POST /auth/step-up" in described["description"]
    assert described["x-rockpool"]["step_up"] is True


@pytest.mark.parametrize("needs", [PUBLIC, INTERNAL])
def test_only_who_has_logged_in_can_step_up(needs):
    with pytest.raises(DeclarationError):
        operation("DELETE", burn_pages, needs=needs, step_up=True)
    assert operation("DELETE", burn_pages, needs=AUTHENTICATED, step_up=True).step_up
