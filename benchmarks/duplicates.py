"""Finding customers that may be one among a million: what it takes of the processor, of the job and its database."""

from collections.abc import Iterator

from benchmarks.alike import alike
from benchmarks.bench import Bench
from benchmarks.filled import Filled
from benchmarks.processor import spent
from benchmarks.report import Measured

MOST_SECONDS_OF_A_MILLION = 1_800
"""15 minutes of two cores."""


def measure(bench: Bench) -> Iterator[Measured]:
    """Twice: the first time everything is put into blocks; the second time nothing has changed."""
    count = bench.plan.many
    filled = Filled(bench, count, written=alike)
    try:
        for time in ("first", "second"):
            filled.log_in()
            before = spent(bench.servers.cluster)
            found = filled.job("start_finding")["found"]
            ours, databases = (after - then for after, then in zip(spent(bench.servers.cluster), before, strict=True))
            yield Measured(
                figure=f"finding duplicates among {count:,}, {time} time, processor time",
                value=ours + databases,
                unit="s",
                detail=f"job {ours:.0f} s, database {databases:.0f} s, {found:,} pairs found",
                at_most=MOST_SECONDS_OF_A_MILLION * count / 1_000_000,
            )
    finally:
        filled.close()
