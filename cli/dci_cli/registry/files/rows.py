"""The rows of the files: a record, or the reasons why a row is not one."""

from __future__ import annotations

from typing import NamedTuple

from dci_common.registry.model.records import AnyRecord


class Warned(NamedTuple):
    """What is improbable in a row, or was repaired: the column, and what was read instead."""

    column: str
    what: str
    detail: str = ""


class Row(NamedTuple):
    """A row of a file: its record, or the reasons why it is rejected.

    `content` is a line of JSON, as its bytes in the file. `key` is the kind and id of a person or group, if known.
    """

    line: int
    record: AnyRecord | None
    reasons: list[str]
    warnings: list[Warned] = []  # noqa: RUF012 - never changed
    content: object = None
    key: tuple[str, str] | None = None
