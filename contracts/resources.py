"""Every kind of record of the suite, by the name that permissions and field rules call it."""

from chassis.identity.policy import Resource
from contracts.auth import AUTH_POLICY, ROLES, TEAMS, USERS
from contracts.campaigns import CAMPAIGNS, RECIPIENTS, UNSUBSCRIPTIONS
from contracts.channels import ADDRESSES, CHANNEL_REPORTS, CHANNELS
from contracts.customers import (
    CONSENTS,
    CONTACTS,
    CUSTOMERS,
    NEEDS,
    OWNERSHIPS,
    PRIVACY_REQUESTS,
    PRIVACY_STATES,
    RELATIONS,
    RETENTION,
    STANDINGS,
    TERMS,
)
from contracts.interactions import FOLLOW_UPS, INTERACTIONS, REMINDERS
from contracts.quality import CUSTOMER_TASKS, QUALITIES, QUALITY_STANDARDS
from contracts.tags import TAG_GROUPS, TAG_RULES, TAGS
from contracts.tickets import COMMENTS, TICKET_HISTORY, TICKETS

BY_SERVICE = {
    "auth": (USERS, TEAMS, ROLES, AUTH_POLICY),
    "customers": (
        *(CUSTOMERS, CONTACTS, CONSENTS, OWNERSHIPS, NEEDS, RELATIONS, STANDINGS, TERMS),
        *(ADDRESSES, CHANNELS, CHANNEL_REPORTS),
        *(TAGS, TAG_GROUPS, TAG_RULES),
        *(CUSTOMER_TASKS, QUALITIES, QUALITY_STANDARDS),
        *(PRIVACY_REQUESTS, PRIVACY_STATES, RETENTION),
    ),
    "interactions": (INTERACTIONS, FOLLOW_UPS, REMINDERS),
    "tickets": (TICKETS, TICKET_HISTORY, COMMENTS),
    "campaigns": (CAMPAIGNS, RECIPIENTS, UNSUBSCRIPTIONS),
}

RESOURCES = {resource.name: resource for resources in BY_SERVICE.values() for resource in resources}


def owner_of(resource: Resource) -> str:
    """The service that keeps such records."""
    return next(service for service, resources in BY_SERVICE.items() if resource in resources)
