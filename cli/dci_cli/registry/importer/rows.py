"""The rows of the files: a record, or the reason why a row is not one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from dci_common.registry.model.base import Record, record_fields
from dci_common.registry.model.records import AnyRecord

Record_co = TypeVar("Record_co", bound=Record, covariant=True)


class Row(NamedTuple):
    """A row of a file: its record, or the reason why it is rejected. `content` is the row as it is in the file."""

    line: int
    content: object
    record: AnyRecord | None
    reason: str


@dataclass(frozen=True, slots=True)
class Staged(Generic[Record_co]):
    """A staged record, and the file and line that it came from."""

    record: Record_co
    source: str
    line: int

    @property
    def content(self) -> object:
        """The record as a row of JSON Lines."""
        return {type(self.record).__name__.lower(): record_fields(self.record)}
