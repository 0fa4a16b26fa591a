"""Staged records: what a row of a file gives, and the record that it makes, as a row of the staging database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic_core import from_json

from dci_cli.registry.importer.merge import MODELS, Given
from dci_common.registry.model.base import Kind, Record
from dci_common.registry.model.records import AnyRecord, Membership

Record_co = TypeVar("Record_co", bound=Record, covariant=True)


@dataclass(frozen=True, slots=True)
class Staged(Generic[Record_co]):
    """A staged record, and what the row of a file gives of it. `number` is that of the row in its table."""

    number: int
    record: Record_co
    given: Given
    source: str
    line: int

    @property
    def content(self) -> object:
        """The row as one of JSON Lines."""
        return {type(self.record).__name__.lower(): self.given}

    @property
    def table(self) -> str:
        """The table that the row is in."""
        return "memberships" if isinstance(self.record, Membership) else "records"


def read_row(kind: str, number: int, body: str, given: str, source: str, line: int) -> Staged[Any]:
    """Return the record of a row of the database."""
    record = MODELS[Kind(kind)].model_validate_json(body) if kind in set(Kind) else _membership(body)
    return Staged(number, record, from_json(given), source, line)


def _membership(body: str) -> Membership:
    # One without a start is compared already: it means one period.
    return Membership.model_validate({"start": None, **from_json(body)})


def given_and_body(record: AnyRecord) -> tuple[str, str | None]:
    """Return what a row gives, and the new record that it makes, where that differs; both as JSON."""
    given = record.__pydantic_serializer__.to_json(record, exclude_unset=True).decode()
    if not ("null" in given or "[]" in given or "{}" in given or '"restricted":false' in given):
        return given, None  # which holds no default of a field
    body = record.model_dump_json(exclude_defaults=True)
    return given, body if body != given else None
