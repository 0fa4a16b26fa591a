"""What files hold, row by row: a record, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from dci_common.registry.model.base import Record, record_fields
from dci_common.registry.model.records import AnyRecord

Kept_co = TypeVar("Kept_co", bound=Record, covariant=True)


class Row(NamedTuple):
    """A row of a file: the record that it is, or the reason why it is none. `told` is the row as it stands there."""

    line: int
    told: object
    record: AnyRecord | None
    reason: str


@dataclass(frozen=True, slots=True)
class Staged(Generic[Kept_co]):
    """A staged record, and the file and line that it came from."""

    record: Kept_co
    source: str
    line: int

    @property
    def told(self) -> object:
        """The record as a row of JSON Lines."""
        return {type(self.record).__name__.lower(): record_fields(self.record)}
