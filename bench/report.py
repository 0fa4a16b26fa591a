"""Measured figures, the bounds that they must keep, and how fast this machine is just now."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
