"""The ids of new records whose rows have none: the same at each import of the same row, and written to a file."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from dci_cli.registry.files.blocks import Block
from dci_cli.registry.files.header import Header
from dci_cli.registry.files.private_table import PrivateTable, beside
from dci_cli.registry.support.plausibility import Fields
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind

_HEX_DIGITS = 20  # 80 bits: two of a billion records have the same with a probability of one in a million


def stable_id(kind: Kind, fields: Fields, memberships: list[Fields], key: str) -> str:
    """Return an id that follows from the first identifier of a record, or else from everything in its rows.

    Without the key, nobody can derive from an id what it follows from.
    """
    identifier = next(
        (one for one in fields.get("identifiers", []) if one.keys() >= {"identifier_type", "identifier_value"}), None
    )
    source: Any = [{name: value for name, value in fields.items() if _has_value(value)}, memberships]
    if identifier:
        type_, value = identifier["identifier_type"], identifier["identifier_value"]
        source = [normalize.identifier_type(type_), normalize.identifier(value)]
    text = json.dumps([kind, source], sort_keys=True)
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{kind[0].lower()}-{digest[:_HEX_DIGITS]}"


def _has_value(value: object) -> bool:
    return any(value.values()) if isinstance(value, dict) else value not in (None, [])


class IdsFile:
    """The rows that were given an id, with it: FILE.ids.csv, which can be imported in place of FILE."""

    def __init__(self, source: str, header: Header, delimiter: str) -> None:
        self._column = header.index_of("id")
        titles = header.titles if self._column is not None else ["id", *header.titles]
        self._table = PrivateTable(beside(source, "ids.csv"), titles, delimiter)
        self.path = self._table.path
        self.count = 0

    def add(self, block: Block, id_: str) -> None:
        """Write the rows of a record; only the first has the id."""
        self.count += 1
        for cells, id_cell in zip(block.cells, [id_, *[""] * len(block.cells)], strict=False):
            if self._column is None:
                self._table.write([id_cell, *cells])
            else:
                self._table.write([*cells[: self._column], id_cell, *cells[self._column + 1 :]])

    def close(self) -> None:
        """Complete the file."""
        self._table.close()
