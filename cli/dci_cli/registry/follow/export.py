"""The source as JSON Lines, for a new table from S3: its records follow the database from their first day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dci_cli.registry.follow.target import target_of
from dci_cli.registry.support.interruption import interruptible
from dci_cli.registry.support.json_lines import write_line
from dci_cli.registry.support.output_file import open_output
from dci_common.registry.model.base import record_fields

if TYPE_CHECKING:
    from dci_cli.registry.follow.source import Source


def export(source: Source, path: Path) -> int:
    """Write all records to a file that only this user can read. Raises CommandError."""
    with interruptible("The output is not complete: run the same command again."), open_output(path) as file:
        file.writelines(_lines(source))
    return 0


def _lines(source: Source) -> Iterator[str]:
    with source.snapshot() as snapshot:
        for found in snapshot.records():
            target = target_of(found, snapshot.database)
            yield write_line(target.kind.lower(), record_fields(target.record))
            yield from (write_line("membership", record_fields(one)) for one in target.memberships)
