"""The rows of the files: a record, or the reasons why a row is not one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from dci_common.registry.model.base import Record, record_fields
from dci_common.registry.model.records import AnyRecord

Record_co = TypeVar("Record_co", bound=Record, covariant=True)


class Warned(NamedTuple):
    """What is improbable in a row, or was repaired: the column, and what was read instead."""

    column: str
    what: str
    detail: str = ""


class Row(NamedTuple):
    """A row of a file: its record, or the reasons why it is rejected.

    `content` is a line of JSON, as it is in the file. `key` is the kind and id of a person or group, if known.
    """

    line: int
    record: AnyRecord | None
    reasons: list[str]
    warnings: list[Warned] = []  # noqa: RUF012 - never changed
    content: object = None
    key: tuple[str, str] | None = None


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
