"""What the service says of itself: tables, routes, permissions."""

import pytest

from chassis import description, migrating
from chassis.mail.settings import MailSettings
from chassis.settings import MissingSettings
from services.campaigns.service import CampaignsService

ENVIRONMENT = {
    "DATABASE_URL": "postgresql+psycopg2://somewhere",
    "AMQP_URL": "amqp://somewhere",
    "BLOB_STORE": "file:///tmp",
    "SECRET_KEY": "A" * 43,
    "ENCRYPTION_KEYS": "1:" + "A" * 43,
    "SUITE_KEYS": "1:" + "A" * 43,
    "SMTP_URL": "smtp://mail.example:25",
    "MAIL_FROM": "Rockpool News <news@rockpool.example>",
    "PUBLIC_URL": "https://crm.rockpool.example/",
}


def test_the_migrations_make_just_the_tables_that_the_code_declares(campaigns):
    migrating.check(CampaignsService, campaigns.settings)


def test_nobody_needs_a_log_in_to_unsubscribe_and_everybody_for_the_rest():
    public = {name for name, one in CampaignsService.operations().items() if one.needs == "public"}
    assert public == {"ask_to_unsubscribe", "unsubscribe"}
    assert CampaignsService.permissions() == {
        "campaigns:create",
        "campaigns:read",
        "campaigns:change",
        "campaigns:send",
        # Each service explains who may see its records.
        "users:read",
    }


def test_mail_programs_may_unsubscribe_with_a_form():
    paths = description.of(CampaignsService)["openapi"]["paths"]
    one_click = paths["/unsubscribe/{token}"]["post"]
    assert one_click["x-rockpool"]["form"] is True
    assert one_click["x-rockpool"]["answer"] == "document"
    assert "application/x-www-form-urlencoded" in one_click["requestBody"]["content"]


def test_the_public_address_is_kept_without_a_slash_at_its_end():
    assert MailSettings.load(ENVIRONMENT).public_url == "https://crm.rockpool.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example"),
        ("SMTP_URL", "smtp://mail.example"),
        ("MAIL_FROM", "Rockpool News"),
        ("PUBLIC_URL", "crm.rockpool.example"),
    ],
)
def test_a_setting_that_cannot_work_is_named_at_the_start(name, value):
    with pytest.raises(MissingSettings, match=name):
        MailSettings.load(ENVIRONMENT | {name: value})
