"""Measured figures, their bounds, and the current speed of this machine."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# CPU milliseconds of `_calibration` on the idle reference machine, for which the budgets in milliseconds were set.
_REFERENCE_MS = 34.0


@dataclass(frozen=True, slots=True)
class Budget:
    """A measured figure and its bound; None is no bound."""

    name: str
    measured: float
    bound: float | None = None
    at_most: bool = True
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure is within the bound."""
        if self.bound is None:
            return True
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound


def options_of(description: str | None, quick: str) -> argparse.ArgumentParser:
    """Return the parser of the common options; `quick` describes what the quick form leaves out."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help=f"{quick}; figures that depend on the machine have no bound"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file, as JSON")
    return parser


def report(budgets: Sequence[Budget], file: Path | None) -> int:
    """Print the figures, write them to the file if there is one, and return 1 when one is out of bounds, else 0."""
    print("\n".join(lines(budgets)))
    write(file, {budget.name: budget.measured for budget in budgets})
    return 0 if all(budget.holds for budget in budgets) else 1


def write(file: Path | None, figures: object) -> None:
    """Write figures to the file as JSON; its folder is created if it is missing."""
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{json.dumps(figures, indent=2)}\n", encoding="utf-8")


def lines(budgets: Iterable[Budget]) -> Iterator[str]:
    """Yield a line for each figure."""
    for budget in budgets:
        bound = "" if budget.bound is None else f"{'<=' if budget.at_most else '>='} {budget.bound:>9,.2f}"
        verdict = "" if budget.bound is None else "ok" if budget.holds else "MISSED"
        yield f"{budget.name:<52} {budget.measured:>10,.2f} {budget.unit:<6} {bound:<12}  {verdict}".rstrip()


def speed() -> float:
    """Return this machine's time for a fixed piece of work, divided by the reference machine's."""
    return min(_calibration() for _ in range(7)) / _REFERENCE_MS


def _calibration() -> float:
    """Return the CPU milliseconds of work similar to a request: dicts, strings, JSON."""
    began = time.process_time()
    for _ in range(200):
        record = {f"name {number}": {"value": str(number), "list": [number] * 5} for number in range(100)}
        json.loads(json.dumps(record, ensure_ascii=False))
    return 1000 * (time.process_time() - began)
