"""The part of the table of customers that is not about customers: jobs, consents, pools, terms, requests of people."""

from datetime import date, timedelta
from uuid import UUID

from chassis.clock import now
from chassis.ids import new_id
from chassis.jobs import enqueue_for
from services.customers.changesets.models import ChangeSet
from services.customers.duplicates.pairs import DuplicatePair
from services.customers.external_ids.models import ExternalId
from services.customers.merging.models import Merge
from services.customers.models import Customer
from services.customers.needs.models import Need
from services.customers.network.models import Relation
from services.customers.tasks.models import CustomerTask
from services.customers.verifying.models import ChannelReport
from tests.policy.rules import RELATIONS, anybody, both, by_reach, covers, everywhere, only_own, sight
from tests.policy.table import Row

PEOPLE = ("own", "team", "below", "stranger")
ONE = ("own",)
GUARD = {"if_match": '"1"'}
CONSENT = {"purpose": "marketing", "channel": "email", "state": "given", "how": "form"}


def beside(world):
    """Lines for a world, whose records they add to."""
    of_customers = (consents, duplicates, relations, needs, external_ids, tasks, reports)
    parts = (jobs, *of_customers, quality, pools, tags, of_the_house, people_s_requests)
    return {name: row for part in parts for name, row in part(world).items()}


def jobs(world):
    """Everybody's own, and what they have changed."""
    with world.service.session(world.admin) as session:
        everybody = [*world.of_role.values(), *world.people.values()]
        started = {one.id: enqueue_for(session, one.id, "export_customers", {}) for one in everybody}
        later = now() + timedelta(days=9)
        session.add_all(ChangeSet(id=job, owner_id=by, kind="import", until=later) for by, job in started.items())

    def of(parameter):
        return lambda role, relation: {parameter: started[world.owner(role, relation).id]}

    looking = dict.fromkeys(("get_job", "get_job_file", "cancel_job"), of("job_id"))
    looking |= {"failed_rows": of("job_id")}
    looking |= dict.fromkeys(("get_change_set", "undo_change_set"), of("change_set_id"))
    ordered = {"ids": [next(iter(world.records.values()))["id"]], "set": {"city": "Hamburg"}}
    listing = {"list_jobs": _one({}), "find_change_sets": _one({})}
    listing |= {"bulk_change": _one(ordered), "preview_bulk_change": _one(ordered)}
    return listing | {name: Row(only_own, arguments, PEOPLE) for name, arguments in looking.items()}


def consents(world):
    return {
        "find_consents": Row(sight, world.customer(), RELATIONS),
        "note_consent": Row(covers("customers:change"), world.customer(**CONSENT), RELATIONS),
    }


def duplicates(world):
    """Each customer, as a likeness of one's own and as what is left of others that somebody has merged."""
    pairs, merges = {}, {}
    with world.service.session(world.admin) as session:
        for (role, relation), record in world.records.items():
            if relation != "own":
                one, other = sorted(UUID(it["id"]) for it in (record, world.records[role, "own"]))
                pairs[role, relation] = pair = DuplicatePair(id=new_id(), one_id=one, other_id=other, likeness=90)
                pair.reasons, pair.state = {}, "open"
                session.add(pair)
            if relation in PEOPLE:
                merges[role, relation] = merge = Merge(id=new_id(), survivor_id=UUID(record["id"]), loser_ids=[])
                owner = world.owner(role, relation)
                merge.owner_id, merge.team_id = owner.id, owner.caller.main_team
                merge.state, merge.values_from = "undone", {}
                session.add(merge)
    ids = {key: {"pair_id": pair.id} for key, pair in pairs.items()}
    merge_ids = {key: {"merge_id": merge.id} for key, merge in merges.items()}
    merging = Row(by_reach("customers:merge"), lambda *key: merge_ids[key], PEOPLE)
    others = tuple(relation for relation in RELATIONS if relation != "own")
    return {
        "tell_apart": Row(sight, lambda *key: ids[key], others),
        "get_merge": merging,
        "unmerge_customers": merging,
    }


def relations(world):
    """From each customer to one that those see who may change any."""
    ids = {}
    with world.service.session(world.admin) as session:
        for (role, relation), record in world.records.items():
            to = UUID(world.records[role, "team" if relation == "own" else "own"]["id"])
            made = Relation(id=new_id(), from_id=UUID(record["id"]), to_id=to, kind="partner_of")
            session.add(made)
            ids[role, relation] = {"relation_id": made.id}
    change = covers("customers:change")
    return {
        "change_relation": Row(change, lambda *key: {**ids[key], "note": "Since the fair", **GUARD}, RELATIONS),
        "remove_relation": Row(change, lambda *key: ids[key], RELATIONS),
    }


def needs(world):
    """What each customer needs, noted by the administrator."""
    said = {"kind": "need", "topic": "pumps", "value": "Two", "source": "call", "evidence": "Asked for them"}
    common, ids = {"confidence": 100, "known_since": date(2026, 1, 31), "noted_by": world.admin.id}, {}
    with world.service.session(world.admin) as session:
        for key, record in world.records.items():
            made = Need(id=new_id(), customer_id=UUID(record["id"]), **said, **common)
            session.add(made)
            ids[key] = {"need_id": made.id}
    change = covers("customers:change")
    return {
        "change_need": Row(change, lambda *key: {**ids[key], "value": "Three", **GUARD}, RELATIONS),
        "remove_need": Row(change, lambda *key: ids[key], RELATIONS),
    }


def external_ids(world):
    """An id in another system of each customer."""
    ids = {}
    with world.service.session(world.admin) as session:
        for key, record in world.records.items():
            made = ExternalId(
                id=new_id(), customer_id=UUID(record["id"]), source_system="shop", external_id=str(new_id())
            )
            session.add(made)
            ids[key] = {"link_id": made.id}
    change = covers("customers:change")
    wanted = {"source_system": "shop", "external_id": "4711"}
    return {
        "add_external_id": Row(change, world.customer(**wanted), RELATIONS),
        "remove_external_id": Row(change, lambda *key: ids[key], RELATIONS),
        "find_external_ids": _one(wanted),
    }


def tasks(world):
    """Something to put right about each customer, that everybody may know of."""
    ids = {}
    with world.service.session(world.admin) as session:
        for key, record in world.records.items():
            customer = session.get_one(Customer, UUID(record["id"]))
            whose = {"owner_id": customer.owner_id, "team_id": customer.team_id}
            subject = "/".join(key)
            made = CustomerTask(customer_id=customer.id, kind="missing", subject=subject, due_at=now(), **whose)
            session.add(made)
            session.flush()
            ids[key] = {"task_id": made.id}
    change = both(by_reach("customers:read"), by_reach("customers:change"))
    return {
        "find_tasks": _one({}),
        "count_tasks": _one({}),
        "get_task": Row(owned(by_reach("customers:read")), lambda *key: ids[key], RELATIONS),
        "dismiss_task": Row(owned(change), lambda *key: {**ids[key], "reason": "It is right"}, RELATIONS),
    }


def quality(world):
    standard = world.service.scalar("SELECT id FROM quality_standards ORDER BY kind, lifecycle_stage LIMIT 1")
    return {
        "find_quality_standards": _one({}),
        "change_quality_standard": _one({"standard_id": standard, "due_days": 7, **GUARD}),
        "report_quality": _one({}),
        "customers_by_quality": _one({}),
        "start_cleaning": _one({}),
    }


def owned(rule):
    """What waits in a pool is nobody's task."""
    return lambda role, relation: relation != "pool" and rule(role, relation)


def reports(world):
    """About a site of each customer; nothing that a built-in role narrows."""
    said, ids = {"kind": "website", "source": "call", "reported_by": world.admin.id}, {}
    with world.service.session(world.admin) as session:
        for key, record in world.records.items():
            made = ChannelReport(customer_id=UUID(record["id"]), mark=new_id().bytes, **said)
            made.value = "https://example.net/"
            session.add(made)
            ids[key] = {"report_id": made.id}
    change = covers("customers:change")
    bounce = {"email": "nobody@example.com", "evidence": "550 5.1.1 No such user"}
    return {
        "report_bounce": _one(bounce),
        "report_bounce_notice": _one({"notice": "Subject: Out of office\n\nBack on Monday"}),
        "get_channel_report": Row(sight, lambda *key: ids[key], RELATIONS),
        "confirm_channel_report": Row(change, lambda *key: ids[key], RELATIONS),
        "reject_channel_report": Row(change, lambda *key: {**ids[key], "reason": "Asked them"}, RELATIONS),
    }


def pools(world):
    """The one that there is from the beginning is for everybody, and of nobody who administers less than all."""
    pool = {"pool_id": str(world.service.scalar("SELECT id FROM pools"))}
    reason = world.done("create_release_reason", world.admin, name="No budget")["id"]
    all_pools = everywhere("pools:change")
    return {
        "find_pools": _one({}),
        "get_pool": _one(pool),
        "create_pool": _one({"name": "North"}, all_pools),
        "change_pool": _one({**pool, "name": "South", **GUARD}, all_pools),
        "simulate_rules": _one({**pool, "rules": []}, all_pools),
        "find_release_reasons": _one({}),
        "create_release_reason": _one({"name": "No need"}, all_pools),
        "change_release_reason": _one({"reason_id": reason, "name": "Too dear", **GUARD}, all_pools),
    }


def tags(world):
    """They are the house's: a permission is for all of them."""
    tag = world.done("add_tag", world.admin, name="known")["id"]
    group = world.done("add_tag_group", world.admin, name="Known")["id"]
    return {
        "find_tags": _one({}),
        "add_tag": _one({"name": "new"}),
        "change_tag": _one({"tag_id": tag, "colour": "#102030", **GUARD}),
        "rename_tag": _one({"tag": "key", "into": "lock"}),
        "merge_tags": _one({"tags": ["key", "door"], "into": "known"}),
        "remove_tags": _one({"tags": ["key"]}),
        "find_tag_groups": _one({}),
        "add_tag_group": _one({"name": "New"}),
        "change_tag_group": _one({"group_id": group, "exclusive": True, **GUARD}),
        "get_tag_rules": _one({}),
        "change_tag_rules": _one({"free": False, **GUARD}),
    }


def of_the_house(world):
    term = world.done("add_term", world.admin, dictionary="grade", code="Y", name="Y")["id"]
    field = world.done("add_custom_field", world.admin, key="colour", label="Colour", kind="number")["id"]
    return {
        "change_term": _one({"term_id": term, "name": "Why", **GUARD}),
        "change_custom_field": _one({"field_id": field, "label": "Hue", **GUARD}),
        "get_duplicate_rules": _one({}),
        "change_duplicate_rules": Row(anybody, lambda *_: {"enforced": [], "if_match": '"2"'}, ONE, otherwise=(412,)),
    }


def people_s_requests(world):
    """For administrators."""
    person = {"customer_id": next(iter(world.records.values()))["id"]}
    request = {"request_id": world.done("order_export", world.admin, **person)["id"]}
    return {
        "order_export": _one(person),
        "order_erasure": _one({**person, "dry_run": True}),
        "find_privacy_requests": _one({}),
        "get_privacy_request": _one(request),
        "cancel_privacy_request": _one(request),
        "get_person_file": _one(request),
    }


def _one(arguments, rule=anybody):
    return Row(rule, lambda *_: arguments, ONE)
