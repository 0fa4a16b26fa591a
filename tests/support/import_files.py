"""Files to import, and imports that are disturbed."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dci_cli.__main__ import main
from dci_cli.registry.files.blocks import blocks
from dci_cli.registry.files.file_options import FileOptions
from dci_cli.registry.files.header import Header
from dci_cli.registry.files.rows import Row
from dci_cli.registry.files.table_files import open_table
from dci_cli.registry.files.table_records import TableRecords
from dci_cli.registry.support.json_lines import write_line
from dci_common.registry.model.records import AnyRecord
from dci_common.runtime import Runtime
from support.registry_harness import Crash, Registry


def jsonl(path: Path, records: Iterable[AnyRecord]) -> Path:
    """Write records as JSON Lines, with the fields that they were made with, also those without a value."""
    given = ((type(one).__name__.lower(), one.model_dump(mode="json", exclude_unset=True)) for one in records)
    lines = (write_line(*some) for some in given)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def import_into(registry: Registry, *arguments: object) -> int:
    """Run `dci registry import` on a registry's table, and return the exit status."""
    return main(["registry", "import", "--table", registry.table, *map(str, arguments)])


def rejected(path: Path) -> list[dict[str, Any]]:
    """Read what was rejected of a file."""
    lines = path.with_name(f"{path.name}.rejected.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


class Writes:
    """A DynamoDB client that hands each batch of writes to a hook first."""

    def __init__(self, runtime: Runtime, hook: Callable[[int], None]) -> None:
        self._dynamodb: Any = runtime.dynamodb
        self._hook = hook
        self.batches = 0
        vars(runtime)["dynamodb"] = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)

    def batch_write_item(self, **request: Any) -> Any:
        self.batches += 1
        self._hook(self.batches)
        return self._dynamodb.batch_write_item(**request)


def crash_at(batch: int) -> Callable[[int], None]:
    """Return a hook that ends the process, so to say, at this batch and all that follow."""

    def hook(number: int) -> None:
        if number >= batch:
            raise Crash

    return hook


def read_table(name: str, text: str, file_options: FileOptions | None = None) -> list[Row]:
    """Return the rows of a table in CSV."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8", newline="")
        return rows_of(path, file_options)


def table_records(name: str, text: str, file_options: FileOptions | None = None) -> list[AnyRecord]:
    """Return the records of a table in CSV all of whose rows are good."""
    rows = read_table(name, text, file_options)
    assert [row.reasons for row in rows if row.reasons] == []
    return [row.record for row in rows if row.record]


def dry_run(*arguments: object) -> int:
    """Check files without a table, and return the exit status."""
    return main(["registry", "import", "--dry-run", *map(str, arguments)])


def rows_of(path: Path, file_options: FileOptions | None = None) -> list[Row]:
    """Return the rows of a table."""
    file_options = file_options or FileOptions()
    with open_table(path, file_options) as table:
        header = Header(path.name, table.titles)
        records = TableRecords(header, file_options)
        return [row for block in blocks(header, table.rows) for row in records.read(block)[0]]


def rejected_rows(path: Path) -> list[dict[str, str]]:
    """Read the rejected rows of a table."""
    return private_rows(path, "rejected.csv")


def private_rows(path: Path, ending: str) -> list[dict[str, str]]:
    """Read a table that an import has written beside a file."""
    with path.with_name(f"{path.name}.{ending}").open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        file.seek(0)
        return list(csv.DictReader(file, delimiter=max(",;", key=header.count)))
