"""Everything that customers does."""

from collections.abc import Mapping
from typing import Any, ClassVar

from chassis import job_operations
from chassis.custom_fields.errors import ValueTaken
from chassis.identity.events import UserChanged
from chassis.job_operations import JobStarted
from chassis.operations import gather, job, on, operation, part, timer
from chassis.paging import PageRequest
from chassis.service import Service
from chassis.sharing.table import visible_share_ids
from services.customers import commands, contacts, exporting, queries, sight, teams
from services.customers.added_fields import ADDED_FIELDS, RECORDS
from services.customers.addresses.operations import Addresses
from services.customers.audited import AUDITED
from services.customers.bulk_changes.operations import BulkChanges
from services.customers.changesets.images import IMAGES
from services.customers.changesets.operations import ChangeSets
from services.customers.channels.operations import Channels
from services.customers.duplicates.checking import CustomerExists
from services.customers.duplicates.operations import Duplicates
from services.customers.errors import (
    IdTaken,
    ParentCycle,
    TooManyContacts,
    UnknownParent,
    UnknownPool,
    UnknownTerm,
)
from services.customers.external_ids.operations import ExternalIds
from services.customers.handing_over import HANDING_OVER
from services.customers.imports.operations import Imports
from services.customers.live import shown_changes
from services.customers.merging.following import MERGING
from services.customers.merging.operations import Merges
from services.customers.models import Base
from services.customers.needs.operations import Needs
from services.customers.network.operations import Network
from services.customers.personal import PERSONAL
from services.customers.pool_errors import ViewQuotaReached
from services.customers.pools.operations import Pools
from services.customers.privacy.entering import SUBJECTS
from services.customers.privacy.operations import PrivacyOperations
from services.customers.privacy.retention.rules import begin_learning
from services.customers.quality.operations import Quality
from services.customers.recycling.operations import Recycling
from services.customers.schemas import (
    AllCustomersSearch,
    ContactChange,
    ContactView,
    CustomerChange,
    CustomerPage,
    CustomerView,
    ExportOrder,
    NewContact,
    NewCustomer,
)
from services.customers.searching.operations import Searching
from services.customers.sharing import CUSTOMER_SHARING
from services.customers.standing.operations import Standings
from services.customers.tag_book import OneOfAGroup, UnknownTag
from services.customers.tags.operations import Tags
from services.customers.tasks.operations import Tasks
from services.customers.tasks.seeing import visible_ids as visible_tasks
from services.customers.terms.operations import Terms
from services.customers.verifying.operations import Verifying
from services.customers.verifying.showing import visible_ids as channel_report_ids


class CustomersService(
    Addresses,
    BulkChanges,
    ChangeSets,
    Channels,
    Duplicates,
    ExternalIds,
    Imports,
    Merges,
    Needs,
    Network,
    PrivacyOperations,
    Pools,
    Quality,
    Recycling,
    Searching,
    Standings,
    Tasks,
    Tags,
    Terms,
    Verifying,
    Service,
):
    """The people and organisations that we deal with, their contacts, their owners and the shared pools."""

    name = "customers"
    metadata = Base.metadata
    personal = PERSONAL
    documents = (SUBJECTS, IMAGES)
    merging = MERGING
    audited = AUDITED
    seed = staticmethod(begin_learning)
    resources: ClassVar[Mapping[str, Any]] = {
        "customer": sight.visible_ids,
        "customer_task": visible_tasks,
        "pool_clock": sight.visible_ids,
        "share": visible_share_ids,
        "channel_report": channel_report_ids,
    }
    shown_live: ClassVar[Mapping[str, Any]] = {"customer": shown_changes}

    custom_fields = (RECORDS,)
    find_custom_fields = ADDED_FIELDS.list_operation
    add_custom_field = ADDED_FIELDS.add_operation
    change_custom_field = ADDED_FIELDS.change_operation

    create_customer = operation(
        "POST /customers",
        commands.create_customer,
        takes=NewCustomer,
        gives=CustomerView,
        needs="customers:create",
        status=201,
        errors=(
            *(IdTaken, UnknownParent, UnknownPool, UnknownTerm, ValueTaken, CustomerExists),
            *(UnknownTag, OneOfAGroup),
        ),
    )
    find_customers = operation(
        "GET /customers",
        queries.find_customers,
        takes=AllCustomersSearch,
        gives=CustomerPage,
        needs="customers:read",
    )
    get_customer = operation(
        "GET /customers/{customer_id}",
        queries.get_customer,
        gives=CustomerView,
        needs="customers:read",
        errors=(ViewQuotaReached,),
    )
    change_customer = operation(
        "PATCH /customers/{customer_id}",
        commands.change_customer,
        takes=CustomerChange,
        gives=CustomerView,
        needs="customers:change",
        guarded=True,
        errors=(UnknownParent, ParentCycle, UnknownTerm, ValueTaken, CustomerExists, UnknownTag, OneOfAGroup),
    )
    find_subsidiaries = operation(
        "GET /customers/{customer_id}/subsidiaries",
        queries.find_subsidiaries,
        takes=PageRequest,
        gives=CustomerPage,
        needs="customers:read",
    )
    overview = gather(
        "GET /customers/{customer_id}/overview",
        "One customer on one page",
        customer="customers.get_customer",
        timeline=part("interactions.customer_timeline", limit=20),
        tickets=part("tickets.customer_tickets", limit=20),
        campaigns=part("campaigns.customer_campaigns", limit=20),
    )

    add_contact = operation(
        "POST /customers/{customer_id}/contacts",
        contacts.add_contact,
        takes=NewContact,
        gives=ContactView,
        needs="customers:change",
        status=201,
        errors=(IdTaken, TooManyContacts),
    )
    get_contact = operation(
        "GET /contacts/{contact_id}",
        contacts.get_contact,
        gives=ContactView,
        needs="customers:read",
        errors=(ViewQuotaReached,),
    )
    change_contact = operation(
        "PATCH /contacts/{contact_id}",
        contacts.change_contact,
        takes=ContactChange,
        gives=ContactView,
        needs="customers:change",
        guarded=True,
    )
    remove_contact = operation("DELETE /contacts/{contact_id}", contacts.remove_contact, needs="customers:change")

    share_customer = CUSTOMER_SHARING.share_operation
    customer_shares = CUSTOMER_SHARING.list_operation
    revoke_customer_share = CUSTOMER_SHARING.revoke_operation
    grantee_left = CUSTOMER_SHARING.departure_handler
    share_expired = CUSTOMER_SHARING.expiry_timer

    export_customers = operation(
        "POST /customers/export",
        exporting.export_customers,
        takes=ExportOrder,
        gives=JobStarted,
        needs="customers:export",
        step_up=True,
        status=202,
    )
    run_export = job(exporting.run_export)
    drop_export = timer(exporting.drop_file)
    list_jobs = job_operations.list_of("customers")
    get_job = job_operations.look_at("customers")
    cancel_job = job_operations.cancel_of("customers")
    get_job_file = job_operations.file_of("customers")

    person_left = HANDING_OVER.handler
    hand_over = HANDING_OVER.job

    follow_owner = on(UserChanged, teams.notice_move)
    owner_moved = timer(teams.move_customers)
