"""What becomes of recipients, unsubscriptions and consents when customers turn out to be one."""

from typing import Any

from sqlalchemy import Select, any_, literal, select

from chassis.identity.caller import Caller
from chassis.merging.following import FollowedMerging
from chassis.merging.working import UUIDS, Work
from contracts.campaigns import CampaignsFollowedMerge
from contracts.customers import CustomersMerged, CustomersUnmerged
from services.campaigns import replicas
from services.campaigns.consents import MailConsent
from services.campaigns.models import Customer

TABLE: Any = MailConsent.__table__


def keep_latest_consent(work: Work) -> None:
    """Of what was said for several of the customers the latest holds, as it does for one."""
    everybody = [work.survivor_id, *work.loser_ids]
    query = select(TABLE).where(TABLE.c.person_id == any_(literal(everybody, UUIDS))).order_by(TABLE.c.at.desc())
    rows = work.session.execute(query.with_for_update()).all()
    survivors = [row for row in rows if row.person_id == work.survivor_id]
    if survivors and rows[0].person_id != work.survivor_id:
        work.change(TABLE, {"person_id": work.survivor_id}, {"given": rows[0].given, "at": rows[0].at})
    others = [row.person_id for row in rows[0 if survivors else 1 :] if row.person_id != work.survivor_id]
    work.remove(TABLE, TABLE.c.person_id == any_(literal(others, UUIDS)))


def visible(caller: Caller) -> Select[Any]:
    """The ids of the customers that the caller sees."""
    return select(Customer.id).where(replicas.in_sight(caller))


MERGING = FollowedMerging(
    model=Customer,
    pointer="customer_id",
    visible=visible,
    more=("mail_consents.person_id",),
    settle=keep_latest_consent,
    merged=CustomersMerged,
    unmerged=CustomersUnmerged,
    followed=CampaignsFollowedMerge,
)
