"""The part of the table of contents that is about pools and owners."""

from chassis.operations import operation
from chassis.paging import PageRequest
from services.customers import queries
from services.customers.errors import AlreadyClaimed, AlreadyInPool, UnknownOwner, UnknownPool
from services.customers.pool_errors import (
    CLAIM_RULES,
    CapacityReached,
    DefaultPoolOpen,
    OneOfTwo,
    PoolNameTaken,
    ReasonRequired,
    TooManyPools,
    UnknownMember,
    UnknownReason,
)
from services.customers.pools import administering, bulk, owning
from services.customers.pools import schemas as ps
from services.customers.schemas import Assignment, CustomerPage, CustomerView, OwnershipPage, PoolSearch, Release


class Pools:
    """Several pools, each with its rules; and who takes customers from them and puts them back."""

    find_pool_customers = operation(
        "GET /pool/customers",
        queries.find_pool_customers,
        takes=PoolSearch,
        gives=CustomerPage,
        needs="customers:claim",
    )
    claim_customer = operation(
        "POST /customers/{customer_id}/claim",
        owning.claim_customer,
        gives=CustomerView,
        needs="customers:claim",
        errors=(AlreadyClaimed, *CLAIM_RULES),
    )
    release_customer = operation(
        "POST /customers/{customer_id}/release",
        owning.release_customer,
        takes=Release,
        gives=CustomerView,
        needs="customers:release",
        errors=(AlreadyInPool, UnknownPool, UnknownReason, ReasonRequired),
    )
    assign_customer = operation(
        "POST /customers/{customer_id}/assign",
        owning.assign_customer,
        takes=Assignment,
        gives=CustomerView,
        needs="customers:assign",
        errors=(UnknownOwner, CapacityReached),
    )
    customer_owners = operation(
        "GET /customers/{customer_id}/owners",
        owning.customer_owners,
        takes=PageRequest,
        gives=OwnershipPage,
        needs="customers:read",
    )

    claim_customers = operation(
        "POST /customers/claim",
        bulk.claim_customers,
        takes=ps.Claims,
        gives=ps.BulkResults,
        needs="customers:claim",
        timeout=25.0,
    )
    release_customers = operation(
        "POST /customers/release",
        bulk.release_customers,
        takes=ps.Releases,
        gives=ps.BulkResults,
        needs="customers:release",
        timeout=25.0,
    )
    assign_customers = operation(
        "POST /customers/assign",
        bulk.assign_customers,
        takes=ps.Assignments,
        gives=ps.BulkResults,
        needs="customers:assign",
        timeout=25.0,
        errors=(OneOfTwo,),
    )

    create_pool = operation(
        "POST /pools",
        administering.create_pool,
        takes=ps.NewPool,
        gives=ps.PoolView,
        needs="pools:change",
        status=201,
        errors=(PoolNameTaken, TooManyPools, UnknownMember),
    )
    find_pools = operation(
        "GET /pools", administering.find_pools, takes=PageRequest, gives=ps.PoolPage, needs="pools:read"
    )
    get_pool = operation("GET /pools/{pool_id}", administering.get_pool, gives=ps.PoolView, needs="pools:read")
    change_pool = operation(
        "PATCH /pools/{pool_id}",
        administering.change_pool,
        takes=ps.PoolChange,
        gives=ps.PoolView,
        needs="pools:change",
        guarded=True,
        errors=(PoolNameTaken, DefaultPoolOpen, UnknownMember),
    )
    match_pool = operation(
        "GET /pool-match",
        administering.match_pool,
        takes=ps.MatchQuestion,
        gives=ps.PoolMatch,
        needs="pools:read",
        errors=(OneOfTwo,),
    )
    create_release_reason = operation(
        "POST /release-reasons",
        administering.create_release_reason,
        takes=ps.NewReleaseReason,
        gives=ps.ReleaseReasonView,
        needs="pools:change",
        status=201,
        errors=(PoolNameTaken,),
    )
    change_release_reason = operation(
        "PATCH /release-reasons/{reason_id}",
        administering.change_release_reason,
        takes=ps.ReleaseReasonChange,
        gives=ps.ReleaseReasonView,
        needs="pools:change",
        guarded=True,
        errors=(PoolNameTaken,),
    )
    find_release_reasons = operation(
        "GET /release-reasons",
        administering.find_release_reasons,
        takes=PageRequest,
        gives=ps.ReleaseReasonPage,
        needs="customers:release",
    )
