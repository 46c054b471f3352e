"""The letters that auth has sent to a mail server of the test, and the links in them."""

import re
from dataclasses import dataclass
from email.message import EmailMessage

from tests.mail_sink import MailSink

LINK = re.compile(r"^(\S+)#token=(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Letterbox:
    """Reads what a MailSink has taken."""

    sink: MailSink

    def letters_to(self, email: str) -> list[EmailMessage]:
        """Everything that was sent to this address."""
        return [message for recipient, message in self.sink.messages if recipient == email]

    def subjects(self) -> list[str]:
        """The subjects of all letters, in the order of their arrival."""
        return [message["Subject"] for _, message in self.sink.messages]

    def link_to(self, email: str) -> tuple[str, str]:
        """Address and token of the link in the last letter to somebody."""
        found = LINK.findall(text_of(self.letters_to(email)[-1]))
        (link,) = set(found)
        return link

    def token_to(self, email: str) -> str:
        """The token in the last letter to somebody."""
        return self.link_to(email)[1]


def text_of(message: EmailMessage) -> str:
    """The plain text of a letter."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
