"""Standards, scores, and the day on which they are looked at."""

from uuid import UUID

from sqlalchemy import select

from chassis.ids import new_id
from contracts.customers import CustomerFieldChanged
from contracts.interactions import InteractionLogged
from services.customers import commands, models
from services.customers.models import Customer
from services.customers.quality import cleaning, gathering, keeping, rescoring, showing
from services.customers.quality.assessing import assess
from services.customers.quality.gathering import facts_of, rows_of, rules_of, standards_of
from services.customers.quality.keeping import columns_of
from services.customers.quality.models import qualities
from services.customers.recycling import following
from services.customers.tasks import making
from tests.services.customers.factories import etag
from tests.services.customers.pools.factories import Clock


def frozen(monkeypatch):
    """The clock of everything that has to do with quality."""
    return Clock(monkeypatch, commands, models, cleaning, gathering, keeping, rescoring, showing, following, making)


def quality(customers, who, customer):
    """What somebody is told of a customer's quality."""
    answer = customers.call("customer_quality", who, customer_id=customer["id"])
    assert answer.status == 200, answer.body
    return answer.body


def items(customers, who, customer):
    """What was found, by field."""
    return {one["field"]: one for one in quality(customers, who, customer)["items"]}


def asked(**criteria):
    """Criteria with weight and greatest age."""
    return [{"field": name, "weight": weight, "max_age_days": days} for name, (weight, days) in criteria.items()]


def standard(customers, admin, kind="organisation", stage="lead", **fields):
    """A standard, changed if fields are given, when all customers have been assessed by it."""
    listed = customers.call("find_quality_standards", admin).body["items"]
    (one,) = [one for one in listed if (one["kind"], one["lifecycle_stage"]) == (kind, stage)]
    if not fields:
        return one
    answer = customers.call("change_quality_standard", admin, standard_id=one["id"], if_match=etag(one), **fields)
    assert answer.status == 200, answer.body
    customers.run_jobs()
    return answer.body


def agreed(customers):
    """The rows that are kept, by customer, which are what comes out if all is assessed now."""
    with customers.session() as session:
        stored = {row["customer_id"]: dict(row) for row in session.execute(select(qualities)).mappings()}
        ids = session.scalars(select(Customer.id)).all()
        standards, rules = standards_of(session), rules_of(session)
        computed = {}
        for row in rows_of(session, ids):
            if row["erased_at"] is None:
                found = assess(standards[row["kind"], row["lifecycle_stage"]], facts_of(row), rules)
                computed[row["id"]] = columns_of(row, found, standards)
    assert stored == computed
    return stored


def kept(customers, customer):
    """The row that is kept of a customer."""
    return agreed(customers)[UUID(customer["id"])]


def begin_day(customers):
    """Let the job of the day do its work. Returns its result."""
    with customers.session() as session:
        rescoring.jobs.enqueue(session, None, rescoring.DAILY_JOB, {})
    assert customers.run_jobs() == 1


def follow_fields(customers):
    """Hand the service what it has told itself of custom fields."""
    for told in [one for one in customers.events() if one["type"] == "CustomerFieldChanged"]:
        customers.deliver(CustomerFieldChanged.from_envelope(told))
    customers.run_jobs()


def contacted(customers, customer, at):
    """Let somebody have called a customer."""
    told = {"customer_id": UUID(customer["id"]), "kind": "call", "author_id": new_id(), "happened_at": at}
    customers.deliver(InteractionLogged(aggregate_id=new_id(), version=1, **told))
