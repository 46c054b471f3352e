"""What every figure is measured with."""

from dataclasses import dataclass
from functools import cached_property

from benchmarks.plan import Plan
from benchmarks.servers import Servers
from benchmarks.suite import Suite


@dataclass(frozen=True)
class Bench:
    """The servers of this run, the size of it, and the suite on those servers."""

    servers: Servers
    plan: Plan

    @cached_property
    def suite(self) -> Suite:
        """The suite, whose databases are made when the first figure needs them."""
        return Suite(self.servers)
