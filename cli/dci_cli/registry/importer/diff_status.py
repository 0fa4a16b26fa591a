"""How staged records and memberships differ from the registry: a status for each that the registry has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto


class DiffStatus(StrEnum):
    """How a staged record or membership differs from the registry; what is new has no status."""

    SAME = auto()  # the registry has it
    DIFFERENT = auto()  # the registry has it with other values, or a write of it was interrupted
    AFFECTED = auto()  # a new record that shares a membership with one of the registry, or claims an identifier of one


@dataclass(frozen=True, slots=True)
class DiffCounts:
    """How many staged records are new to the registry, differ from it, and are the same."""

    new: int
    changed: int
    same: int

    @classmethod
    def of(cls, numbers: dict[str | None, int]) -> DiffCounts:
        """Return the counts of these numbers by status."""
        same, changed = numbers.get(DiffStatus.SAME, 0), numbers.get(DiffStatus.DIFFERENT, 0)
        return cls(sum(numbers.values()) - changed - same, changed, same)
