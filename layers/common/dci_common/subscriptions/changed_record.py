"""Changed records, as RegistryTable's stream reports them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dci_common.timestamps import day

if TYPE_CHECKING:
    from datetime import date

    from dci_common.registry.model.base import Kind
    from dci_common.registry.model.views import View


class ChangedRecord(NamedTuple):
    """One write of a record: its views before and after, None where it does not exist.

    `sequence` orders the writes of a record: 40 digits, compared as text. `written` is when, in epoch seconds; AWS
    has whole ones. A write that `is_quiet` is no news: only what ends a client's sight of the record is reported. If
    the stream has no room for the related records of one view, neither has them.
    """

    kind: Kind
    id: str
    before: View | None
    after: View | None
    sequence: str
    written: float
    is_quiet: bool
    lacks_related: bool = False

    @property
    def day(self) -> date:
        """The day of the write."""
        return day(self.written)
