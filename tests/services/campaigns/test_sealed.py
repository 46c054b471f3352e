"""Addresses are sealed wherever campaigns keeps them, and compared by marks."""

from dataclasses import replace

import psycopg2
from alembic import command
from sqlalchemy import create_engine, text

from chassis import migrating
from chassis.encryption import resealing
from chassis.ids import new_id
from chassis.testing import keys
from chassis.testing.plugin import settings_for
from chassis.testing.tested import TestedService
from services.campaigns.service import CampaignsService
from tests.services.campaigns.factories import MARKETER, known_customers, started, work_until

TABLES = ("customers", "recipients", "unsubscriptions", "outbox", "jobs", "idempotency_keys", "audit")


def stored(url):
    """All rows as text."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        found = []
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table}")
            found += [value for row in cursor.fetchall() for value in row]
    connection.close()
    return "".join(one.tobytes().decode("latin-1") if isinstance(one, memoryview) else str(one) for one in found)


def test_no_address_is_kept_in_clear(campaigns, marketer, sink):
    emails = known_customers(campaigns, 3)
    sink.at_recipient = lambda address: f"550 <{address}> is unknown" if address == emails[1] else None
    campaigns.call("add_unsubscription", marketer, address=emails[2].upper(), idempotency_key="k")
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)

    listed = campaigns.call("find_recipients", marketer, campaign_id=campaign_id).body["items"]
    assert sorted(one["email"] for one in listed) == sorted(emails)
    assert {one["state"] for one in listed} == {"sent", "failed", "skipped"}
    unsubscribed = campaigns.call("find_unsubscriptions", marketer).body["items"]
    assert [one["address"] for one in unsubscribed] == [emails[2]]
    content = stored(campaigns.settings.database_url)
    assert "is unknown" in content
    assert not [email for email in emails if email in content]


def test_a_rotation_seals_replica_recipients_and_unsubscriptions_anew(campaigns, marketer, sink):
    emails = known_customers(campaigns, 3)
    campaigns.call("add_unsubscription", marketer, address=emails[2])
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)
    both = keys.ENCRYPTION_KEYS.with_new("2")
    rotated, alone = (
        TestedService(CampaignsService, replace(campaigns.settings, encryption_keys=ring))
        for ring in (both, both.without("1"))
    )
    try:
        with rotated.session() as session:
            left = resealing.remaining(session)
            assert (left["customers"], left["recipients"], left["unsubscriptions"]) == (3, 3, 1)
            resealing.start(session)
        rotated.run_jobs()
        with rotated.session() as session:
            assert not any(resealing.remaining(session).values())
        listed = alone.call("find_recipients", marketer, campaign_id=campaign_id).body["items"]
        assert sorted(one["email"] for one in listed) == sorted(emails)
        assert [one["address"] for one in alone.call("find_unsubscriptions", marketer).body["items"]] == [emails[2]]
        preview = alone.call("preview_message", marketer, campaign_id=campaign_id, customer_id=listed[0]["customer_id"])
        assert preview.status == 200
    finally:
        rotated.close()
        alone.close()


def test_the_migration_seals_what_is_there(databases, tmp_path):
    url = databases.empty()
    command.upgrade(migrating.configuration(CampaignsService, url), "campaigns_0001")
    campaign_id, customer_id, recipient_id = new_id(), new_id(), new_id()
    addressees = '[{"contact_id": null, "name": "Old", "email": "Old@x.example", "address": "old@x.example"}]'
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO customers (id, version, kind, name, tags, in_pool, addressees, created_at) "
                "VALUES (:id, 1, 'person', 'Old', '{}', true, :addressees, now())"
            ),
            {"id": customer_id, "addressees": addressees},
        )
        connection.execute(
            text(
                "INSERT INTO campaigns (id, version, name, state, audience, template, throttle_per_minute, created_at, "
                "updated_at) VALUES (:id, 1, 'Old', 'sent', '{}', '{}', 1, now(), now())"
            ),
            {"id": campaign_id},
        )
        connection.execute(
            text(
                "INSERT INTO recipients (id, campaign_id, position, customer_id, name, email, address, state, "
                "attempts, due_at, created_at) VALUES (:id, :campaign, 1, :customer, 'Old', 'Old@x.example', "
                "'old@x.example', 'sent', 1, now(), now())"
            ),
            {"id": recipient_id, "campaign": campaign_id, "customer": customer_id},
        )
        connection.execute(
            text(
                "INSERT INTO unsubscriptions (id, address_hash, address, source, created_at) "
                "VALUES (:id, 'x', 'old@x.example', 'manual', now())"
            ),
            {"id": new_id()},
        )
    engine.dispose()
    settings = settings_for(
        CampaignsService,
        tmp_path,
        database_url=url,
        smtp_url="smtp://nowhere",
        public_url="http://nowhere",
        mail_from="a@b.example",
    )
    migrating.migrate(CampaignsService, settings)
    campaigns = TestedService(CampaignsService, settings)
    try:
        marketer = campaigns.person("Marketer", dict.fromkeys(MARKETER, "all"))
        listed = campaigns.call("find_recipients", marketer, campaign_id=campaign_id).body["items"]
        assert [one["email"] for one in listed] == ["Old@x.example"]
        again = campaigns.call("add_unsubscription", marketer, address="OLD@x.example")
        assert again.body["type"] == "already-unsubscribed"
        assert "x.example" not in stored(url).lower()
    finally:
        campaigns.close()
        databases.drop(url)
