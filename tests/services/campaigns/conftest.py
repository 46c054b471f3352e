"""A campaigns service with a mail server of its own."""

from collections.abc import Callable, Iterator

import pytest

from chassis.testing.tested import Person, TestedService
from services.campaigns.service import CampaignsService
from tests.mail_sink import MailSink
from tests.services.campaigns.factories import new_marketer


@pytest.fixture
def sink() -> Iterator[MailSink]:
    sink = MailSink().start()
    yield sink
    sink.stop()


@pytest.fixture
def sending_to(tested) -> Callable[[str], TestedService]:
    """Makes a campaigns service that sends its mail to a server."""

    def make(smtp_url: str) -> TestedService:
        made = tested(
            CampaignsService,
            smtp_url=smtp_url,
            mail_from="Rockpool News <news@rockpool.example>",
            public_url="https://crm.rockpool.example",
        )
        assert isinstance(made, TestedService)
        return made

    return make


@pytest.fixture
def campaigns(sending_to: Callable[[str], TestedService], sink: MailSink) -> TestedService:
    return sending_to(sink.url)


@pytest.fixture
def marketer(campaigns: TestedService) -> Person:
    return new_marketer(campaigns)
