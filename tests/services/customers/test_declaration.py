"""The service as a whole."""

from chassis import description, migrating
from chassis.identity.policy import Access
from contracts.customers import CONTACTS, CUSTOMERS
from services.customers.service import CustomersService


def test_the_migrations_give_just_the_tables_that_the_code_declares(tested):
    customers = tested(CustomersService)
    migrating.check(CustomersService, customers.settings)


def test_the_overview_is_gathered_from_four_services():
    (page,) = CustomersService.gathers().values()
    assert page.path == "/customers/{customer_id}/overview"
    assert {name: part.operation for name, part in page.parts.items()} == {
        "customer": "customers.get_customer",
        "timeline": "interactions.customer_timeline",
        "tickets": "tickets.customer_tickets",
        "campaigns": "campaigns.customer_campaigns",
    }


def test_permissions_and_routes():
    routes = {f"{one.method} {one.path}": one.needs for one in CustomersService.operations().values() if one.path}
    assert routes == {
        "POST /customers": "customers:create",
        "GET /customers": "customers:read",
        "POST /customers/check": "customers:create",
        "GET /duplicates/rules": "duplicates:configure",
        "PUT /duplicates/rules": "duplicates:configure",
        "GET /duplicates": "duplicates:read",
        "POST /duplicates/find": "duplicates:configure",
        "POST /duplicates/{pair_id}/distinct": "duplicates:decide",
        "POST /customers/{customer_id}/merge": "customers:merge",
        "POST /customers/{customer_id}/merge/preview": "customers:merge",
        "POST /merges/{merge_id}/unmerge": "customers:merge",
        "GET /merges": "customers:merge",
        "GET /merges/{merge_id}": "customers:merge",
        "GET /customers/{customer_id}": "customers:read",
        "GET /search": "customers:read",
        "GET /search/suggestions": "customers:read",
        "PATCH /customers/{customer_id}": "customers:change",
        "GET /customers/{customer_id}/subsidiaries": "customers:read",
        "POST /customers/{customer_id}/contacts": "customers:change",
        "GET /contacts/{contact_id}": "customers:read",
        "PATCH /contacts/{contact_id}": "customers:change",
        "DELETE /contacts/{contact_id}": "customers:change",
        "GET /pool/customers": "customers:claim",
        "POST /customers/{customer_id}/claim": "customers:claim",
        "POST /customers/{customer_id}/release": "customers:release",
        "POST /customers/{customer_id}/assign": "customers:assign",
        "GET /customers/{customer_id}/owners": "customers:read",
        "POST /customers/{customer_id}/grade": "customers:change",
        "POST /customers/{customer_id}/stage": "customers:change",
        "GET /customers/{customer_id}/standings": "customers:read",
        "GET /custom-fields/customers": "customers:read",
        "POST /custom-fields/customers": "customers:configure",
        "PATCH /custom-fields/customers/{field_id}": "customers:configure",
        "POST /customers/{customer_id}/relations": "customers:change",
        "GET /customers/{customer_id}/relations": "customers:read",
        "PATCH /relations/{relation_id}": "customers:change",
        "DELETE /relations/{relation_id}": "customers:change",
        "GET /customers/{customer_id}/network": "customers:read",
        "GET /customers/{customer_id}/paths/{to_id}": "customers:read",
        "GET /customers/{customer_id}/position": "customers:read",
        "GET /customers/{customer_id}/suggestions": "customers:read",
        "GET /customers/{customer_id}/group": "customers:read",
        "POST /customers/{customer_id}/needs": "customers:change",
        "GET /customers/{customer_id}/needs": "customers:read",
        "PATCH /needs/{need_id}": "customers:change",
        "DELETE /needs/{need_id}": "customers:change",
        "GET /quality/standards": "customers:read",
        "PATCH /quality/standards/{standard_id}": "customers:configure",
        "GET /customers/{customer_id}/quality": "customers:read",
        "POST /customers/{customer_id}/verify": "customers:change",
        "GET /quality/report": "customers:read",
        "GET /quality/customers": "customers:read",
        "POST /quality/clean": "customers:configure",
        "GET /customer-tasks": "customers:read",
        "GET /customer-tasks/counts": "customers:read",
        "GET /customer-tasks/{task_id}": "customers:read",
        "POST /customer-tasks/{task_id}/dismiss": "customers:change",
        "GET /tags": "tags:read",
        "POST /tags": "tags:create",
        "PATCH /tags/{tag_id}": "tags:change",
        "POST /tags/rename": "tags:change",
        "POST /tags/merge": "tags:change",
        "POST /tags/remove": "tags:change",
        "GET /tag-groups": "tags:read",
        "POST /tag-groups": "tags:create",
        "PATCH /tag-groups/{group_id}": "tags:change",
        "GET /tag-rules": "tags:read",
        "PUT /tag-rules": "tags:change",
        "GET /customers/{customer_id}/channels": "customers:read",
        "POST /customers/{customer_id}/channels": "customers:change",
        "PATCH /customers/{customer_id}/channels/{channel_id}": "customers:change",
        "DELETE /customers/{customer_id}/channels/{channel_id}": "customers:change",
        "GET /customers/{customer_id}/addresses": "customers:read",
        "POST /customers/{customer_id}/addresses": "customers:change",
        "PATCH /customers/{customer_id}/addresses/{address_id}": "customers:change",
        "DELETE /customers/{customer_id}/addresses/{address_id}": "customers:change",
        "POST /customers/{customer_id}/channel-reports": "customers:report",
        "GET /customers/{customer_id}/channel-reports": "customers:read",
        "GET /channel-reports/{report_id}": "customers:read",
        "POST /channel-reports/{report_id}/confirm": "customers:change",
        "POST /channel-reports/{report_id}/reject": "customers:change",
        "POST /bounced-mail": "customers:report",
        "POST /bounced-mail/notices": "customers:report",
        "GET /terms": "customers:read",
        "POST /terms": "customers:configure",
        "PATCH /terms/{term_id}": "customers:configure",
        "POST /pools": "pools:change",
        "GET /pools": "pools:read",
        "GET /pools/{pool_id}": "pools:read",
        "PATCH /pools/{pool_id}": "pools:change",
        "GET /pool-match": "pools:read",
        "POST /customers/claim": "customers:claim",
        "POST /customers/release": "customers:release",
        "POST /customers/assign": "customers:assign",
        "POST /pools/{pool_id}/rules/simulate": "pools:change",
        "GET /customers/{customer_id}/pool-clock": "customers:read",
        "POST /customers/{customer_id}/protection": "customers:claim",
        "DELETE /customers/{customer_id}/protection": "customers:claim",
        "POST /release-reasons": "pools:change",
        "PATCH /release-reasons/{reason_id}": "pools:change",
        "GET /release-reasons": "customers:release",
        "POST /customers/{customer_id}/shares": "customers:share",
        "GET /customers/{customer_id}/shares": "customers:share",
        "DELETE /customers/{customer_id}/shares/{share_id}": "customers:share",
        "POST /customers/{customer_id}/external-ids": "customers:change",
        "DELETE /external-ids/{link_id}": "customers:change",
        "GET /external-ids": "customers:read",
        "POST /customers/import": "customers:import",
        "POST /customers/import/mapping": "customers:import",
        "GET /customers/import/template": "customers:import",
        "GET /customers/imports/{job_id}/failed-rows": "customers:import",
        "POST /customers/export": "customers:export",
        "POST /customers/{customer_id}/consents": "customers:change",
        "GET /customers/{customer_id}/consents": "customers:read",
        "GET /customers/{customer_id}/hold": "privacy:read",
        "PUT /customers/{customer_id}/hold": "privacy:hold",
        "DELETE /customers/{customer_id}/hold": "privacy:hold",
        "GET /privacy/retention": "privacy:read",
        "PUT /privacy/retention": "privacy:retain",
        "POST /privacy/retention/preview": "privacy:retain",
        "POST /privacy/requests/{request_id}/cancel": "privacy:erase",
        "POST /privacy/exports": "privacy:export",
        "GET /privacy/exports/{request_id}/file": "privacy:export",
        "POST /privacy/erasures": "privacy:erase",
        "GET /privacy/requests": "privacy:read",
        "GET /privacy/requests/{request_id}": "privacy:read",
        "POST /customers/bulk-changes": "customers:bulk_change",
        "POST /customers/bulk-changes/preview": "customers:bulk_change",
        "GET /change-sets": "customers:undo",
        "GET /change-sets/{change_set_id}": "customers:undo",
        "POST /change-sets/{change_set_id}/undo": "customers:undo",
        "GET /jobs/customers": "authenticated",
        "GET /jobs/customers/{job_id}": "authenticated",
        "POST /jobs/customers/{job_id}/cancel": "authenticated",
        "GET /jobs/customers/{job_id}/file": "authenticated",
    }


def hideable(resource):
    return {name for name, field in resource.fields.items() if field.least is Access.HIDDEN}


HIDEABLE = {
    "CustomerListed": hideable(CUSTOMERS),
    "CustomerView": hideable(CUSTOMERS),
    "ContactView": hideable(CONTACTS),
}


def test_every_view_is_described_strictly():
    schemas = description.of(CustomersService)["openapi"]["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith(("View", "Listed", "Page")):
            governed = HIDEABLE.get(name, set())
            assert set(schema["required"]) == set(schema["properties"]) - governed, name
