"""The mail catcher, over real SMTP and HTTP."""

import smtplib
import time
from collections.abc import Iterator
from email.message import EmailMessage
from urllib.request import urlopen

import pytest

from devservers.mail import MailCatcher


@pytest.fixture
def catcher(scratch) -> Iterator[MailCatcher]:
    with MailCatcher(scratch / "mail") as catcher:
        yield catcher


def letter(to: str = "li.na@kunden.example", subject: str = "Neuigkeiten 新消息") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "news@rockpool.example", to, subject
    message.set_content("Grüße, 你好\nhttps://rockpool.example/unsubscribe?t=abc")
    message.add_alternative('<p>你好 <a href="https://rockpool.example/offer">offer</a></p>', subtype="html")
    return message


def send(catcher: MailCatcher, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port, timeout=10) as smtp:
        smtp.send_message(message)


def test_a_message_is_kept_as_it_was_sent(catcher):
    send(catcher, letter())
    [listed] = catcher.messages()
    assert (listed["sender"], listed["recipients"]) == ("news@rockpool.example", ["li.na@kunden.example"])
    assert listed["subject"] == "Neuigkeiten 新消息"
    assert b"Subject: Neuigkeiten =?utf-8?b?" in catcher.raw(listed["id"])
    readable = catcher.readable(listed["id"])
    assert "Grüße, 你好" in readable["text"]
    assert readable["links"] == ["https://rockpool.example/offer", "https://rockpool.example/unsubscribe?t=abc"]


def test_messages_outlive_a_kill_until_they_are_thrown_away(catcher):
    send(catcher, letter())
    catcher.kill()
    catcher.start()
    assert len(catcher.messages()) == 1
    catcher.clear()
    assert catcher.messages() == []
    assert not list((catcher.folder / "messages").iterdir())


@pytest.mark.parametrize("stage", ["sender", "recipient", "message"])
def test_it_refuses_as_told_and_then_takes_mail_again(catcher, stage):
    catcher.behave(refuse=stage, reply="550 5.1.1 Unknown")
    with pytest.raises((smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused), match="Unknown"):
        send(catcher, letter())
    catcher.behave()
    send(catcher, letter())
    assert len(catcher.messages()) == 1


def test_it_refuses_only_the_address_it_was_told(catcher):
    catcher.behave(refuse="recipient", refuse_only="@slow.example")
    send(catcher, letter())
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(catcher, letter("someone@slow.example"))


def test_it_is_as_slow_as_told(catcher):
    catcher.behave(delay_seconds=0.4)
    begin = time.monotonic()
    send(catcher, letter())
    assert time.monotonic() - begin >= 0.4


def test_the_page_for_people_shows_a_hostile_subject_as_text(catcher):
    send(catcher, letter(subject="<script>alert(1)</script>"))
    page = urlopen(catcher.http_url).read().decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_no_file_outside_the_folder_is_served(catcher):
    with pytest.raises(OSError, match="404"):
        catcher.raw("../../etc/passwd")
