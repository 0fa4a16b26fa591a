"""The rows of the files: a record, or the reason why a row is not one."""

from __future__ import annotations

from typing import NamedTuple

from dci_common.registry.model.records import AnyRecord


class Row(NamedTuple):
    """A row of a file: its record, or the reason why it is rejected. `content` is the row as it is in the file."""

    line: int
    content: object
    record: AnyRecord | None
    reason: str
