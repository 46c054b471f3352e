"""What mail servers send back says whom mail does not reach any more."""

from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from services.customers.service import CustomersService
from services.customers.verifying.notices import failures_in
from tests.services.customers.channels.factories import listed, told
from tests.services.customers.factories import REP, created

GIVEN_UP = "550 5.1.1 <old@example.com>: Recipient address rejected"


def block(**fields):
    made = Message()
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    return made


def notice(*recipients):
    """A message as a mail server makes it."""
    status = Message()
    status["Content-Type"] = "message/delivery-status"
    status.set_payload([block(Reporting_MTA="dns; mail.example.com"), *recipients])
    whole = MIMEMultipart("report", report_type="delivery-status")
    whole["Subject"] = "Undelivered Mail Returned to Sender"
    whole["From"] = "MAILER-DAEMON@example.com"
    whole.attach(MIMEText("I'm sorry to have to inform you that your message could not be delivered."))
    whole.attach(status)
    return whole.as_string()


def failed(address, **more):
    said = {"Final_Recipient": f"rfc822; {address}", "Action": "failed", "Status": "5.1.1"}
    return block(**said | {"Diagnostic_Code": f"smtp; {GIVEN_UP}"} | more)


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [
        ([failed("Old@Example.com")], ["old@example.com"]),
        ([failed("old@example.com"), failed("other@example.com"), failed("old@example.com")], None),
        ([failed("old@example.com", Action="delayed", Status="4.4.7")], []),
        ([failed("old@example.com", Status="4.2.2")], []),
        ([failed("new@example.net", Original_Recipient="rfc822;<old@example.com>")], ["old@example.com"]),
        ([failed("nobody")], []),
        ([], []),
    ],
)
def test_what_is_given_up_for_good_is_read_from_the_notice(recipients, expected):
    found = [one.address for one in failures_in(notice(*recipients))]
    assert found == (["old@example.com", "other@example.com"] if expected is None else expected)


@pytest.mark.parametrize("text", ["", "x", "Subject: Out of office\n\nBack on Monday", "\x00\xff: \n\n\n--", "\n" * 9])
def test_what_is_no_notice_gives_up_nobody(text):
    assert failures_in(text) == []


def test_a_notice_marks_the_address_and_makes_the_task(tested):
    customers = tested(CustomersService)
    rep = customers.person("Rep", REP | {"customers:report": "own"})
    customer = created(customers, rep, email="old@example.com")
    text = notice(failed("old@example.com"), failed("stranger@example.com"))
    answer = customers.call("report_bounce_notice", rep, notice=text)
    assert (answer.status, answer.body) == (200, {"customers": 1})
    assert told(listed(customers, rep, customer)) == [("old@example.com", True, "bounced")]
    (report,) = customers.call("channel_reports", rep, customer_id=customer["id"]).body["items"]
    assert (report["source"], report["evidence"]) == ("bounce", f"5.1.1 smtp; {GIVEN_UP}")
    (task,) = customers.call("find_tasks", rep, kind="verify").body["items"]
    assert task["subject"] == report["id"]
