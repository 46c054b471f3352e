"""Everything that the campaigns service does."""

from typing import ClassVar

from chassis import job_operations
from chassis.job_operations import JobStarted
from chassis.mail.settings import MailSettings
from chassis.operations import PUBLIC, Document, job, on, operation, timer
from chassis.service import Service
from chassis.sharing import table as shares
from contracts.customers import CUSTOMER_EVENTS, ConsentNoted, CustomerRemoved, CustomerShared
from contracts.tags import TagsReplaced
from services.campaigns import commands, consents, delivery, lifecycle, queries, replicas, tags, trial, unsubscribing
from services.campaigns import schemas as s
from services.campaigns import unsubscription_schemas as u
from services.campaigns.audited import AUDITED
from services.campaigns.errors import (
    AlreadyLifted,
    AlreadyUnsubscribed,
    CampaignExists,
    NotADraft,
    NothingUncertain,
    NotRenderable,
    TimeIsOver,
    UnknownCustomer,
    UnusableTemplate,
    WrongState,
)
from services.campaigns.handing_over import HANDING_OVER
from services.campaigns.merging import MERGING
from services.campaigns.models import Base
from services.campaigns.personal import PERSONAL

LONG = 30.0
"""Seconds for what goes through a whole audience."""


class CampaignsService(Service):
    """Mail to many customers at once: whom, what and when, one message per person, and never again to who says so."""

    name = "campaigns"
    metadata = Base.metadata
    settings_class = MailSettings
    personal = PERSONAL
    merging = MERGING
    audited = AUDITED
    resources: ClassVar = {
        "campaign": queries.visible_campaigns,
        "recipient": queries.visible_recipients,
        "unsubscription": queries.visible_unsubscriptions,
    }

    create_campaign = operation(
        "POST /campaigns",
        commands.create_campaign,
        takes=s.NewCampaign,
        gives=s.CampaignView,
        needs="campaigns:create",
        status=201,
        errors=(CampaignExists, UnusableTemplate),
    )
    find_campaigns = operation(
        "GET /campaigns", queries.find_campaigns, takes=s.CampaignSearch, gives=s.CampaignPage, needs="campaigns:read"
    )
    get_campaign = operation(
        "GET /campaigns/{campaign_id}", queries.get_campaign, gives=s.CampaignView, needs="campaigns:read"
    )
    change_campaign = operation(
        "PATCH /campaigns/{campaign_id}",
        commands.change_campaign,
        takes=s.CampaignChange,
        gives=s.CampaignView,
        needs="campaigns:change",
        guarded=True,
        errors=(NotADraft, UnusableTemplate),
    )
    preview_audience = operation(
        "POST /campaigns/{campaign_id}/audience-preview",
        commands.preview_audience,
        gives=s.AudiencePreview,
        needs="campaigns:read",
        timeout=LONG,
    )
    preview_message = operation(
        "POST /campaigns/{campaign_id}/preview",
        trial.preview_message,
        takes=s.MessageRequest,
        gives=s.MessageView,
        needs="campaigns:read",
        errors=(NotRenderable, UnknownCustomer),
    )
    send_test = operation(
        "POST /campaigns/{campaign_id}/test-send",
        trial.send_test,
        takes=s.TestOrder,
        gives=JobStarted,
        needs="campaigns:change",
        status=202,
        errors=(NotRenderable, UnknownCustomer),
    )

    send_campaign = operation(
        "POST /campaigns/{campaign_id}/send",
        lifecycle.send_campaign,
        takes=s.SendOrder,
        gives=s.CampaignView,
        needs="campaigns:send",
        errors=(WrongState, TimeIsOver),
    )
    pause_campaign = operation(
        "POST /campaigns/{campaign_id}/pause",
        lifecycle.pause_campaign,
        gives=s.CampaignView,
        needs="campaigns:send",
        errors=(WrongState,),
    )
    resume_campaign = operation(
        "POST /campaigns/{campaign_id}/resume",
        lifecycle.resume_campaign,
        gives=s.CampaignView,
        needs="campaigns:send",
        errors=(WrongState,),
    )
    cancel_campaign = operation(
        "POST /campaigns/{campaign_id}/cancel",
        lifecycle.cancel_campaign,
        gives=s.CampaignView,
        needs="campaigns:send",
        errors=(WrongState,),
    )

    find_recipients = operation(
        "GET /campaigns/{campaign_id}/recipients",
        queries.find_recipients,
        takes=s.RecipientSearch,
        gives=s.RecipientPage,
        needs="campaigns:read",
    )
    resolve_recipient = operation(
        "POST /campaigns/{campaign_id}/recipients/{recipient_id}/resolve",
        lifecycle.resolve_recipient,
        takes=s.Resolution,
        gives=s.RecipientView,
        needs="campaigns:send",
        errors=(NothingUncertain,),
    )
    report = operation(
        "GET /campaigns/{campaign_id}/report", queries.report, gives=s.ReportView, needs="campaigns:read"
    )
    customer_campaigns = operation(
        "GET /customers/{customer_id}/campaigns",
        queries.customer_campaigns,
        takes=s.PageRequest,
        gives=s.CustomerCampaignPage,
        needs="campaigns:read",
    )

    ask_to_unsubscribe = operation(
        "GET /unsubscribe/{token}", unsubscribing.ask_to_unsubscribe, gives=Document, needs=PUBLIC
    )
    unsubscribe = operation(
        "POST /unsubscribe/{token}",
        unsubscribing.unsubscribe,
        takes=u.OneClick,
        gives=Document,
        needs=PUBLIC,
        form=True,
    )
    find_unsubscriptions = operation(
        "GET /unsubscriptions",
        queries.find_unsubscriptions,
        takes=u.UnsubscriptionSearch,
        gives=u.UnsubscriptionPage,
        needs="campaigns:read",
    )
    add_unsubscription = operation(
        "POST /unsubscriptions",
        unsubscribing.add_unsubscription,
        takes=u.NewUnsubscription,
        gives=u.UnsubscriptionView,
        needs="campaigns:change",
        status=201,
        errors=(AlreadyUnsubscribed,),
    )
    lift_unsubscription = operation(
        "DELETE /unsubscriptions/{unsubscription_id}",
        unsubscribing.lift_unsubscription,
        takes=u.LiftOrder,
        gives=u.UnsubscriptionView,
        needs="campaigns:change",
        errors=(AlreadyLifted,),
    )

    keep_customer = on(CUSTOMER_EVENTS, replicas.keep_customer)
    drop_customer = on(CustomerRemoved, replicas.drop_customer)
    follow_tags = on(TagsReplaced, tags.follow_tags)
    keep_consent = on(ConsentNoted, consents.keep_consent)
    keep_customer_share = on(CustomerShared, shares.keep)
    follow_merge = MERGING.handler
    merge_settled = MERGING.settling
    person_left = HANDING_OVER.handler
    hand_over = HANDING_OVER.job
    send_messages = job(delivery.send_messages)
    skip_the_rest = job(lifecycle.skip_the_rest)
    send_test_message = job(trial.send_test_message)
    start_campaign = timer(lifecycle.start_scheduled)

    list_jobs = job_operations.list_of("campaigns")
    look_at_job = job_operations.look_at("campaigns")
