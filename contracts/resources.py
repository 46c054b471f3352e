"""Every kind of record of the suite, by the name that permissions and field rules call it."""

from contracts.auth import ROLES, TEAMS, USERS
from contracts.campaigns import CAMPAIGNS, RECIPIENTS, UNSUBSCRIPTIONS
from contracts.customers import CONTACTS, CUSTOMERS, OWNERSHIPS, PRIVACY_REQUESTS
from contracts.interactions import FOLLOW_UPS, INTERACTIONS, REMINDERS
from contracts.tickets import COMMENTS, TICKET_HISTORY, TICKETS

RESOURCES = {
    resource.name: resource
    for resource in (
        *(USERS, TEAMS, ROLES),
        *(CUSTOMERS, CONTACTS, OWNERSHIPS, PRIVACY_REQUESTS),
        *(INTERACTIONS, FOLLOW_UPS, REMINDERS),
        *(TICKETS, TICKET_HISTORY, COMMENTS),
        *(CAMPAIGNS, RECIPIENTS, UNSUBSCRIPTIONS),
    )
}
