"""The roles that come with the suite: what they permit, and what they say about fields.

A house may change them, the administrator's apart, and reset them to what stands here.
"""

from typing import Any

from chassis.identity.caller import EVERYTHING

ADMINISTRATOR = "administrator"

MINE_IN_FULL = {"own": "full", "others": "masked"}
"""The contact data of the shared pool and of colleagues' customers is masked until the customer is one's own."""

BUILT_IN_ROLES: dict[str, dict[str, str]] = {
    ADMINISTRATOR: {EVERYTHING: "all"},
    "sales_rep": {
        "customers:read": "team",
        "customers:create": "own",
        "customers:change": "own",
        "customers:claim": "all",
        "customers:release": "own",
        "customers:import": "own",
        "customers:bulk_change": "own",
        "customers:undo": "own",
        "customers:share": "own",
        "tags:read": "all",
        "customers:report": "team",
        "pools:read": "own",
        "interactions:read": "team",
        "interactions:create": "own",
        "interactions:change": "own",
        "tickets:read": "team",
        "tickets:create": "team",
        "tickets:change": "own",
        "tickets:comment": "team",
        "campaigns:read": "team",
    },
    "sales_manager": {
        "customers:read": "team_tree",
        "customers:create": "team_tree",
        "customers:change": "team_tree",
        "customers:claim": "all",
        "customers:release": "team_tree",
        "customers:assign": "team_tree",
        "customers:import": "team_tree",
        "customers:bulk_change": "team_tree",
        "customers:undo": "own",
        "customers:export": "team_tree",
        "customers:duplicate": "team_tree",
        "customers:report": "team_tree",
        "customers:merge": "team_tree",
        "duplicates:read": "team_tree",
        "duplicates:decide": "team_tree",
        "tags:read": "all",
        "tags:create": "all",
        "customers:share": "team_tree",
        "pools:read": "all",
        "pools:change": "own",
        "interactions:read": "team_tree",
        "interactions:create": "team_tree",
        "interactions:change": "team_tree",
        "tickets:read": "team_tree",
        "tickets:create": "team_tree",
        "tickets:change": "team_tree",
        "tickets:comment": "team_tree",
        "tickets:assign": "team_tree",
        "tickets:share": "team_tree",
        "campaigns:read": "team_tree",
        "users:read": "team_tree",
        "teams:read": "team_tree",
        "roles:read": "all",
    },
    "service_agent": {
        "customers:read": "all",
        "tags:read": "all",
        "customers:report": "all",
        "interactions:read": "all",
        "interactions:create": "own",
        "interactions:change": "own",
        "tickets:read": "team",
        "tickets:create": "all",
        "tickets:change": "team",
        "tickets:comment": "team",
        "tickets:assign": "team",
        "tickets:share": "team",
    },
    "marketer": {
        "customers:read": "all",
        "tags:read": "all",
        "tags:create": "all",
        "customers:report": "all",
        "interactions:read": "all",
        "campaigns:read": "all",
        "campaigns:create": "all",
        "campaigns:change": "team",
        "campaigns:send": "team",
    },
    "analyst": {
        "customers:read": "all",
        "tags:read": "all",
        "pools:read": "all",
        "interactions:read": "all",
        "tickets:read": "all",
        "campaigns:read": "all",
        "users:read": "all",
        "teams:read": "all",
        "roles:read": "all",
    },
    "auditor": {
        "audit:read": "all",
        "audit:export": "all",
        "audit:review": "all",
        "auth_policy:read": "all",
        "customers:read": "all",
        "tags:read": "all",
        "pools:read": "all",
        "interactions:read": "all",
        "tickets:read": "all",
        "campaigns:read": "all",
        "users:read": "all",
        "teams:read": "all",
        "roles:read": "all",
    },
    "integration": {
        "customers:read": "all",
        "tags:read": "all",
        "customers:create": "all",
        "customers:change": "all",
        "customers:import": "all",
        "customers:bulk_change": "all",
        "customers:undo": "own",
        "customers:report": "all",
        "interactions:read": "all",
        "interactions:create": "all",
        "tickets:read": "all",
        "tickets:create": "all",
        "tickets:comment": "all",
        "campaigns:read": "all",
    },
    "partner": {
        "customers:read": "shared",
        "interactions:read": "shared",
        "interactions:create": "own",
        "tickets:read": "shared",
        "tickets:comment": "shared",
    },
}

NO_CONTACT_DATA = {"phone": "masked", "email": "masked", "address": "masked"}

INTERNAL_TO_THE_HOUSE = (
    *("revenue", "employees", "description", "tags"),
    *("custom", "source", "grade", "lifecycle_stage", "contract_ends_at", "last_deal_at"),
)
"""What outsiders do not see of a customer that is shared with them."""

BUILT_IN_RULES: dict[str, dict[str, dict[str, Any]]] = {
    "sales_rep": {"customers": {"phone": MINE_IN_FULL, "email": MINE_IN_FULL, "address": MINE_IN_FULL}},
    "service_agent": {"customers": {"revenue": "hidden"}},
    "marketer": {"customers": {"phone": "masked"}},
    "analyst": {"customers": NO_CONTACT_DATA},
    "auditor": {"customers": NO_CONTACT_DATA},
    "partner": {
        "customers": dict.fromkeys(INTERNAL_TO_THE_HOUSE, "hidden"),
        "tickets": {"accused_id": "hidden"},
        "interactions": {"participants": "hidden"},
    },
}
