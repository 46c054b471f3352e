"""Three customers that are one, with something of each in every service; and what the databases hold of it all."""

from typing import Any

from sqlalchemy import text

BOOKKEEPING = (
    *("audit", "audit_numbers", "alembic_version", "inbox", "outbox", "reads", "directory", "directory_state"),
    *("merges", "merge_steps", "merge_images", "merge_moves", "merged_records", "idempotency_keys"),
    "tag_uses",
)
"""Tables that tell what happened, and when; they only grow."""

COUNTING = {"customers": ("version",)}
"""What never goes back, so that nobody takes an older state for the present one."""


def entered(service: Any, who: Any, operation: str, **arguments: Any) -> Any:
    """The answer to a command that has to work."""
    answer = service.call(operation, who[service.service.name], **arguments)
    assert answer.status in (200, 201), answer.body
    return answer.body


def planted(suite: Any, who: Any) -> list[str]:
    """The ids of three customers; each has a contact, consents, shares, interactions, plans, tickets, and had mail."""
    colleague = suite.person("Colleague", {"*": "all"})
    defined = {"key": "erp", "label": "ERP", "kind": "text", "is_unique": True}
    entered(suite.customers, who, "add_custom_field", **defined)
    entered(suite.customers, who, "add_custom_field", key="mobile", label="Mobile", kind="phone")
    ids = [_customer(suite, who, number) for number in range(3)]
    suite.settle()
    for number, customer_id in enumerate(ids):
        _children(suite, who, customer_id, number, colleague)
    suite.settle()
    _campaign(suite, who)
    suite.settle()
    return ids


def _customer(suite: Any, who: Any, number: int) -> str:
    made = entered(
        suite.customers,
        who,
        "create_customer",
        name=f"Example Trading {number}",
        phone=f"+861380000000{number}",
        email=f"office{number}@example.com",
        revenue="1100.040" if number else None,
        address=f"{number} Harbour Street",
        tags=[f"tag {number}", "both"],
        custom={"erp": f"E{number}", "mobile": f"+861390000000{number}"} if number else {},
        description=None if number < 2 else "Makes\nengines.",
    )
    for kind, value in (("mobile", f"+861370000000{number}"), ("wechat", f"example{number}"), ("fax", "+4940123456")):
        entered(suite.customers, who, "add_channel", customer_id=made["id"], kind=kind, value=value)
    entered(suite.customers, who, "add_address", customer_id=made["id"], lines=[f"{number} Quay Road"], kind="billing")
    for name, primary in (("Zhang Wei", True), ("Zhang Wei", False)):
        fields = {"email": "zhang@example.com"} if primary else {"email": f"zhang{number}@example.com"}
        entered(suite.customers, who, "add_contact", customer_id=made["id"], name=name, is_primary=primary, **fields)
    return str(made["id"])


def _children(suite: Any, who: Any, customer_id: str, number: int, colleague: Any) -> None:
    said = {"purpose": "marketing", "channel": "email", "how": "form", "state": "given"}
    entered(
        suite.customers, who, "note_consent", customer_id=customer_id, at=f"2026-01-0{number + 1}T00:00:00Z", **said
    )
    entered(suite.customers, who, "create_customer", name=f"Daughter {number}", parent_id=customer_id)
    grantee = colleague["customers"].id
    entered(suite.customers, who, "share_customer", customer_id=customer_id, grantee_id=grantee)
    entered(suite.interactions, who, "log_interaction", customer_id=customer_id, kind="note", subject=f"Note {number}")
    said = {"kind": "mail", "value": f"new{number}@example.com", "source": "call", "evidence": "Said so"}
    entered(suite.customers, who, "report_channel", customer_id=customer_id, **said)
    due = f"2027-01-0{3 - number}T00:00:00Z"
    entered(suite.interactions, who, "plan_follow_up", customer_id=customer_id, due_at=due, note=f"Plan {number}")
    entered(
        suite.tickets, who, "create_ticket", customer_id=customer_id, kind="service_request", subject=f"Ticket {number}"
    )


def _campaign(suite: Any, who: Any) -> None:
    """Mail to all of them, as far as it has got without a mail server: the recipients are there."""
    audience = {"field": "in_pool", "op": "eq", "value": False}
    template = {"subject": "News", "html": "<p>News</p>"}
    made = entered(suite.campaigns, who, "create_campaign", name="News", template=template, audience=audience)
    rows = """
        INSERT INTO recipients (id, campaign_id, position, customer_id, name, email, address, state, attempts, due_at,
            created_at)
        SELECT gen_random_uuid(), :campaign, row_number() OVER (), customers.id, 'x',
            decode(substr(one->>'email', 3), 'hex'), decode(substr(one->>'address', 3), 'hex'), 'sent', 1, now(), now()
        FROM customers, jsonb_array_elements(addressees) AS one WHERE one->>'contact_id' IS NULL
    """
    with suite.campaigns.database.transaction() as session:
        session.execute(text(rows), {"campaign": made["id"]})


def snapshot(suite: Any) -> dict[str, list[str]]:
    """Every row of every table in all five databases, byte for byte; without what only grows."""
    found = {}
    for name, service in suite.services.items():
        with service.database.reading() as session:
            tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
            for table in sorted(set(tables) - set(BOOKKEEPING)):
                if not table.startswith(("audit", "reads", "timers", "jobs")):
                    found[f"{name}.{table}"] = _rows(session, service, table)
            kept = "SELECT kind, key, due_at, payload FROM timers WHERE kind <> 'merge_settled'"
            found[f"{name}.timers"] = sorted(map(str, session.execute(text(kept)).all()))
    return found


def _rows(session: Any, service: Any, table: str) -> list[str]:
    if (service.service.name, table) == ("campaigns", "customers"):
        return _opened(session, service)
    left_out = "".join(f" - '{column}'" for column in COUNTING.get(table, ()))
    return sorted(session.scalars(text(f'SELECT (to_jsonb(t){left_out})::text FROM "{table}" t')).all())


def _opened(session: Any, service: Any) -> list[str]:
    """The replica of campaigns, with addresses in clear: each event seals them anew, with another nonce."""
    rows = session.execute(text("SELECT * FROM customers")).mappings().all()
    found = []
    for row in rows:
        clear = [
            {**one, "email": service.runtime.vault.open(bytes.fromhex(one["email"][2:]), "addressees.email", row["id"])}
            for one in row["addressees"]
        ]
        found.append(str({**row, "addressees": clear, "version": None}))
    return sorted(found)
