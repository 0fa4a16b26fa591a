"""Measured figures, the bounds that they must keep, and how fast this machine is just now."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# CPU milliseconds that `calibration` took on the machine that the budgets in milliseconds were set on, when quiet.
_REFERENCE_MS = 34.0


@dataclass(frozen=True, slots=True)
class Budget:
    """A measured figure and the bound that it must keep; None is no bound."""

    name: str
    measured: float
    bound: float | None = None
    at_most: bool = True
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether it keeps the bound."""
        if self.bound is None:
            return True
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound


def options_of(description: str | None, quick: str) -> argparse.ArgumentParser:
    """Make the parser of what every measurement takes; `quick` says what its quick form leaves out."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{quick}; what depends on the machine has no bound")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file, as JSON")
    return parser


def report(budgets: Sequence[Budget], file: Path | None) -> int:
    """Print the figures and write them to the file, if there is one; 1 when a bound is not kept, else 0."""
    print("\n".join(lines(budgets)))
    write(file, {budget.name: budget.measured for budget in budgets})
    return 0 if all(budget.holds for budget in budgets) else 1


def write(file: Path | None, figures: object) -> None:
    """Write figures to the file as JSON, in a folder that is made if need be."""
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{json.dumps(figures, indent=2)}\n", encoding="utf-8")


def lines(budgets: Iterable[Budget]) -> Iterator[str]:
    """Write a table."""
    for budget in budgets:
        bound = "" if budget.bound is None else f"{'<=' if budget.at_most else '>='} {budget.bound:>9,.2f}"
        verdict = "" if budget.bound is None else "ok" if budget.holds else "MISSED"
        yield f"{budget.name:<52} {budget.measured:>10,.2f} {budget.unit:<6} {bound:<12}  {verdict}".rstrip()


def speed() -> float:
    """Return how long this machine takes for what took the reference machine 1: figures are divided by it."""
    return min(_calibration() for _ in range(7)) / _REFERENCE_MS


def _calibration() -> float:
    """Return the CPU milliseconds of work like a request's: dicts, strings, JSON."""
    began = time.process_time()
    for _ in range(200):
        record = {f"name {number}": {"value": str(number), "list": [number] * 5} for number in range(100)}
        json.loads(json.dumps(record, ensure_ascii=False))
    return 1000 * (time.process_time() - began)
