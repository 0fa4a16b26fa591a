"""The rejected rows of a table, with their reasons: a table with the same columns, to be corrected and imported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dci_cli.registry.files.blocks import Block, blocks
from dci_cli.registry.files.file_options import FileOptions
from dci_cli.registry.files.header import REASON, Header
from dci_cli.registry.files.private_table import PrivateTable
from dci_cli.registry.files.rejects import Reasons
from dci_cli.registry.files.table_files import open_table

_OF_ANOTHER_ROW = "Another row of this record is rejected."


def write_rejects(source: Path, file_options: FileOptions, target: Path, reasons: Reasons) -> None:
    """Write the records of which a row is rejected: all of their rows, since a continuation row needs its record."""
    with open_table(source, file_options) as table:
        header = Header(source.name, table.titles)
        kept = [index for index, name in enumerate(header.names) if name != REASON]
        rejects = PrivateTable(target, [REASON, *(header.titles[index] for index in kept)], table.delimiter)
        try:
            for block, of_lines in _rejected(blocks(header, table.rows), reasons):
                for row in block.rows:
                    cells = [row.cells[index] for index in kept if index < len(row.cells)]
                    surplus = row.cells[len(header.titles) :]
                    rejects.write([of_lines.get(row.line, _OF_ANOTHER_ROW), *cells, *surplus])
        finally:
            rejects.close()


def _rejected(found: Iterator[Block], reasons: Reasons) -> Iterator[tuple[Block, dict[int, str]]]:
    """Yield each block of which a row is rejected, with the reasons by line. Both are in the order of the file."""
    pending = iter(reasons)
    line, reason = next(pending, (0, ""))
    for block in found:
        of_lines: dict[int, str] = {}
        while line and line <= block.rows[-1].line:
            of_lines[line] = reason
            line, reason = next(pending, (0, ""))
        if of_lines:
            yield block, of_lines
