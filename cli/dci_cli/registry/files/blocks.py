"""The blocks of a table: a record's own row, then its continuation rows.

An export writes the first entry of a list (an identifier, a membership) into the row of its record, and each further
entry into a continuation row below it, in which the record's own columns are empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dci_cli.registry.files.header import Header
from dci_cli.registry.files.table_files import TableRow

_WITHOUT_RECORD = "The row continues a record, but there is no record above it."


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of a record; they are loaded or rejected together."""

    rows: list[TableRow]

    @property
    def line(self) -> int:
        """The line of the record's own row."""
        return self.rows[0].line

    @property
    def cells(self) -> list[list[str]]:
        """The cells of the rows."""
        return [row.cells for row in self.rows]

    @property
    def problems(self) -> list[TableRow]:
        """The rows that cannot be read."""
        return [row for row in self.rows if row.problem]


def blocks(header: Header, rows: Iterable[TableRow]) -> Iterator[Block]:
    """Yield the blocks of a table."""
    block: Block | None = None
    for row in rows:
        if not header.is_continuation(row.cells) or not row.cells:
            if block:
                yield block
            block = Block([row])
        elif block:
            block.rows.append(row)
        else:
            block = Block([row._replace(problem=row.problem or _WITHOUT_RECORD)])
    if block:
        yield block
