"""What was measured: one line for each figure, with its target and the verdict."""

import os
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

TOLD = {"×": "{:.2f} ×", "ms": "{:.0f} ms", "/s": "{:,.0f}/s", "%": "{:.1%}", "µs": "{:.0f} µs", "s": "{:,.0f} s"}


class Verdict(StrEnum):
    """Whether a figure is what it should be."""

    REACHED = "reached"
    MISSED = "MISSED"
    NO_TARGET = "—"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One figure."""

    figure: str
    value: float
    unit: str
    detail: str
    """The absolute values behind a ratio; they say something about this machine only."""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> Verdict:
        """Whether the target is reached."""
        if self.at_least is None and self.at_most is None:
            return Verdict.NO_TARGET
        too_little = self.at_least is not None and self.value < self.at_least
        too_much = self.at_most is not None and self.value > self.at_most
        return Verdict.MISSED if too_little or too_much else Verdict.REACHED

    @property
    def target(self) -> str:
        """The target in words."""
        if self.at_least is not None:
            return f"≥ {TOLD[self.unit].format(self.at_least)}"
        return f"≤ {TOLD[self.unit].format(self.at_most)}" if self.at_most is not None else ""

    @property
    def told(self) -> str:
        """The value in words."""
        return TOLD[self.unit].format(self.value)

    def as_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return asdict(self) | {"target": self.target, "verdict": self.verdict}


def table(figures: list[Measured]) -> str:
    """The figures as a Markdown table, which can be read as it is."""
    head = ("figure", "measured", "target", "verdict", "in absolute terms, on this machine")
    rows = [head, *((one.figure, one.told, one.target, one.verdict, one.detail) for one in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def busy_with_others(seconds: float = 2.0) -> float:
    """The share of the machine that other programs use while we do nothing; ratios suffer when it is large."""
    before = _processor_times()
    time.sleep(seconds)
    idle, total = (now - then for now, then in zip(_processor_times(), before, strict=True))
    return 1 - idle / total


def machine(busy: float) -> str:
    """What the figures were measured on."""
    return f"On {os.cpu_count()} cores, {busy:.0%} busy with other programs beforehand, {time.strftime('%Y-%m-%d')}:"


def _processor_times() -> tuple[int, int]:
    """Idle and total ticks since the start of the machine."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)
