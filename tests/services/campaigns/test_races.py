"""Several at once: one campaign is started once, and each address is written to once."""

import time
from uuid import UUID

from chassis.jobs import JobRun
from chassis.mail.server import MailServer
from chassis.testing.tested import together
from services.campaigns.delivery import Delivery
from tests.services.campaigns.factories import drafted, known_customer, known_customers, started, states, work_until


def test_of_parallel_orders_to_send_one_wins(campaigns, marketer, sink):
    known_customers(campaigns, 3)
    campaign_id = drafted(campaigns, marketer)["id"]
    answers = together(8, lambda _: campaigns.call("send_campaign", marketer, campaign_id=campaign_id))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    work_until(campaigns, campaign_id)
    assert (len(sink.messages), sink.repeated) == (3, {})


def test_workers_that_run_side_by_side_write_to_each_address_once(campaigns, marketer, sink):
    known_customers(campaigns, 20)
    first, second = started(campaigns, marketer), started(campaigns, marketer)

    def work(_: int) -> None:
        deadline = time.monotonic() + 120
        while campaigns.scalar("SELECT count(*) FROM campaigns WHERE state <> 'sent'"):
            assert time.monotonic() < deadline
            campaigns.run_jobs()
            time.sleep(0.01)

    together(4, work)
    assert len(sink.messages) == 40
    for campaign_id in (first, second):
        assert set(states(campaigns, campaign_id).values()) == {"sent"}
    message_ids = {message["Message-ID"] for _, message in sink.messages}
    assert len(message_ids) == 40


def test_two_workers_who_both_believe_the_campaign_is_theirs_send_each_message_once(campaigns, marketer, sink):
    """As after a lease that was lost without the first worker's knowledge: the same job runs twice."""
    emails = known_customers(campaigns, 40)
    campaign_id = started(campaigns, marketer, throttle_per_minute=1)
    campaigns.run_jobs()
    with campaigns.session() as session:
        session.connection().exec_driver_sql("UPDATE campaigns SET throttle_per_minute = 60000, paced_until = NULL")

    class SameJob(JobRun):
        """What ``Delivery`` needs of a run; there is no lease to lose."""

        def __init__(self) -> None:
            self.id = campaigns.scalar("SELECT job_id FROM campaigns")
            self.checkpoint, self.done = None, 0

        chunk = transaction = staticmethod(campaigns.session)

    def work(_: int) -> str:
        with MailServer(sink.url, "rockpool.example") as server:
            try:
                Delivery(SameJob(), UUID(campaign_id), server).work_for(60)
            except Exception as end:
                return type(end).__name__
        return ""

    # One may find the last message claimed by another, and would come back later.
    assert "Over" in together(3, work)
    assert sorted(sink.recipients) == sorted(emails)


def test_who_unsubscribes_while_his_message_is_on_its_way_does_not_get_it(campaigns, marketer, sink):
    known_customer(campaigns, "li@one.example")
    campaign_id = started(campaigns, marketer)

    def unsubscribe(_: str) -> None:
        campaigns.call("add_unsubscription", marketer, address="LI@one.example")

    sink.at_recipient = unsubscribe
    work_until(campaigns, campaign_id)
    assert sink.messages == []
    assert states(campaigns, campaign_id) == {"li@one.example": "skipped"}


def test_parallel_unsubscriptions_of_one_address_are_one(campaigns, marketer):
    answers = together(8, lambda _: campaigns.call("add_unsubscription", marketer, address="li@one.example"))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    assert sum(event["type"] == "Unsubscribed" for event in campaigns.events()) == 1
