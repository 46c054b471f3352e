"""The part of the table of contents that is about customers that go back to their pools."""

from chassis.operations import job, on, operation, timer
from contracts.interactions import InteractionChanged, InteractionLogged
from contracts.tickets import TicketChanged, TicketMoved, TicketOpened
from services.customers.recycling import clocks, following, protecting, simulating, ticking, winding
from services.customers.recycling import schemas as rs
from services.customers.recycling.errors import ProtectionOver, TooManyProtected


class Recycling:
    """Rules that take customers back, their clocks and warnings, and protection from them."""

    pool_clock_of = operation(
        "GET /customers/{customer_id}/pool-clock",
        clocks.pool_clock,
        gives=rs.PoolClockView,
        needs="customers:read",
    )
    protect_customer = operation(
        "POST /customers/{customer_id}/protection",
        protecting.protect_customer,
        takes=rs.Protection,
        gives=rs.ProtectionView,
        needs="customers:claim",
        errors=(ProtectionOver, TooManyProtected),
    )
    unprotect_customer = operation(
        "DELETE /customers/{customer_id}/protection", protecting.unprotect_customer, needs="customers:claim"
    )
    simulate_rules = operation(
        "POST /pools/{pool_id}/rules/simulate",
        simulating.simulate_rules,
        takes=rs.Simulation,
        gives=rs.SimulationResult,
        needs="pools:change",
        timeout=25.0,
    )
    note_follow_up = on((InteractionLogged, InteractionChanged), following.note_follow_up)
    note_ticket = on((TicketOpened, TicketChanged, TicketMoved), following.note_ticket)
    pool_clock = timer(ticking.tick)
    rewind_clocks = job(winding.rewind)
