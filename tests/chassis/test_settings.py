"""Settings are checked as a whole before anything starts."""

import pytest

from chassis.settings import MissingSettings, Settings

GOOD = {
    "DATABASE_URL": "postgresql+psycopg2://u:p@h/d",
    "AMQP_URL": "amqp://h",
    "BLOB_STORE": "file:///b",
    "SECRET_KEY": "A" * 43,
    "ENCRYPTION_KEYS": "2:" + "B" * 43 + ",1:" + "A" * 43,
    "SUITE_KEYS": "1:" + "A" * 43,
}


def test_every_complaint_is_listed_at_once():
    with pytest.raises(MissingSettings) as missing:
        Settings.load({"DATABASE_URL": "postgresql://h/d", "SECRET_KEY": "short", "MAX_WORKERS": "many"})
    text = str(missing.value)
    assert all(
        name in text for name in ("DATABASE_URL", "AMQP_URL", "BLOB_STORE", "SECRET_KEY", "SUITE_KEYS", "MAX_WORKERS")
    )


def test_a_value_may_come_from_a_file(tmp_path):
    secret = tmp_path / "amqp"
    secret.write_text("amqp://from-file\n")
    settings = Settings.load({**GOOD, "AMQP_URL": "", "AMQP_URL_FILE": str(secret)})
    assert settings.amqp_url == "amqp://from-file"


def test_secrets_do_not_show_when_settings_are_printed():
    shown = repr(Settings.load(GOOD))
    assert "u:p" not in shown
    assert "amqp://" not in shown
    assert "AAAA" not in shown
