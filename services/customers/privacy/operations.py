"""The part of customers' table of contents that is about people's data."""

from chassis.errors import NotFound
from chassis.operations import File, job, on, operation, timer
from chassis.paging import PageRequest
from chassis.subjects.taking import PART_OF_REQUEST
from chassis.tables import NoSuchUpload
from contracts.campaigns import Unsubscribed
from contracts.interactions import InteractionLogged
from contracts.tickets import TicketChanged, TicketMoved, TicketOpened
from services.customers.errors import UnknownContact
from services.customers.privacy import consents, following, requests
from services.customers.privacy import schemas as ps
from services.customers.privacy.retention import rules, standing
from services.customers.privacy.retention import schemas as rs
from services.customers.privacy.subjects import NotOnePerson


class PrivacyOperations:
    """What people have agreed to, what they may ask for, and for how long anything of them is kept."""

    note_consent = operation(
        "POST /customers/{customer_id}/consents",
        consents.note_consent,
        takes=consents.NewConsent,
        gives=consents.ConsentView,
        needs="customers:change",
        status=201,
        errors=(UnknownContact, NoSuchUpload),
    )
    find_consents = operation(
        "GET /customers/{customer_id}/consents",
        consents.find_consents,
        takes=consents.ConsentSearch,
        gives=consents.ConsentPage,
        needs="customers:read",
    )
    note_unsubscription = on(Unsubscribed, consents.note_unsubscription)

    order_export = operation(
        "POST /privacy/exports",
        requests.order_export,
        takes=ps.Person,
        gives=ps.PrivacyRequestView,
        needs="privacy:export",
        step_up=True,
        status=202,
        errors=(NotFound, NotOnePerson),
    )
    order_erasure = operation(
        "POST /privacy/erasures",
        requests.order_erasure,
        takes=ps.Erasure,
        gives=ps.PrivacyRequestView,
        needs="privacy:erase",
        step_up=True,
        status=202,
        errors=(NotFound, NotOnePerson, requests.OnHold),
    )
    get_person_file = operation(
        "GET /privacy/exports/{request_id}/file",
        requests.get_file,
        gives=File,
        needs="privacy:export",
        step_up=True,
        errors=(requests.NoFile,),
    )
    find_privacy_requests = operation(
        "GET /privacy/requests",
        requests.find_requests,
        takes=PageRequest,
        gives=ps.PrivacyRequestPage,
        needs="privacy:read",
    )
    get_privacy_request = operation(
        "GET /privacy/requests/{request_id}", requests.get_request, gives=ps.PrivacyRequestView, needs="privacy:read"
    )
    cancel_privacy_request = operation(
        "POST /privacy/requests/{request_id}/cancel",
        requests.cancel_request,
        gives=ps.PrivacyRequestView,
        needs="privacy:erase",
        errors=(requests.RequestFinished, requests.ErasureMustFinish),
    )
    follow_privacy_request = job(following.follow_privacy_request, must_finish=PART_OF_REQUEST)
    drop_person_file = timer(following.drop_person_file)

    get_retention = operation(
        "GET /privacy/retention", rules.get_retention, gives=rs.RetentionView, needs="privacy:read"
    )
    set_retention = operation(
        "PUT /privacy/retention",
        rules.set_retention,
        takes=rs.Rules,
        gives=rs.RetentionView,
        needs="privacy:retain",
        guarded=True,
        step_up=True,
    )
    preview_retention = operation(
        "POST /privacy/retention/preview",
        rules.preview_retention,
        takes=rs.RulesToTry,
        gives=ps.PrivacyRequestView,
        needs="privacy:retain",
        status=202,
    )
    carry_out_retention = timer(rules.carry_out_retention)
    learn_retention = timer(rules.learn_retention)
    learn_retention_classes = job(rules.learn_retention_classes)

    get_hold = operation(
        "GET /customers/{customer_id}/hold", standing.get_hold, gives=rs.HoldView, needs="privacy:read"
    )
    hold_customer = operation(
        "PUT /customers/{customer_id}/hold",
        standing.hold_customer,
        takes=rs.Hold,
        gives=rs.HoldView,
        needs="privacy:hold",
        errors=(standing.ErasureBegun,),
    )
    lift_hold = operation(
        "DELETE /customers/{customer_id}/hold",
        standing.lift_hold,
        gives=rs.HoldView,
        needs="privacy:hold",
        errors=(standing.NotHeld,),
    )
    note_last_contact = on(InteractionLogged, standing.note_contact)
    keep_ticket = on((TicketOpened, TicketChanged, TicketMoved), standing.keep_ticket)
