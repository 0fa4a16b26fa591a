"""`dci registry import`: load people, groups and memberships from JSON Lines and tables.

A row changes what it gives: fields that a file does not have stay as they are. The same files can be imported again:
what is already loaded is not changed. So an import that was interrupted is started again, with the same files. The
registry should have no other writer during an import.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from dci_cli.parallel import threads
from dci_cli.registry.files.file_options import FileOptions, add_file_options, read_file_options
from dci_cli.registry.files.rejects import Rejects
from dci_cli.registry.importer.file_reader import relaxed_gc, stage_files
from dci_cli.registry.importer.import_run import ImportRun, Options
from dci_cli.registry.importer.staging import Staging
from dci_cli.registry.importer.target import Target
from dci_cli.registry.support.interruption import interruptible
from dci_cli.registry.support.operator_audit import OperatorAudit, add_audit
from dci_cli.registry.support.registry_table import (
    add_country,
    add_no_notify,
    add_table,
    registry_command,
    runtime_of,
)

_MAX_SHARDS = 64
_DEFAULTS = Options()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_files(parser)
    add_table(parser)
    add_audit(parser)
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="check the files and the table, show which fields would change, and write nothing; without a table, "
        "check only the files",
    )
    add_no_notify(parser)
    parser.add_argument(
        "--replace",
        action="store_true",
        help="replace whole records: remove what a row does not give, identifiers too",
    )


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add the files of a registry, `--shards` and `--country`."""
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a file in JSON Lines; or a table (.csv, .tsv, .txt, .xlsx) whose name begins with individuals, groups"
        " or memberships",
    )
    add_file_options(parser)
    parser.add_argument(
        "--shards",
        type=int,
        choices=range(1, _MAX_SHARDS + 1),
        metavar="N",
        help="how many index shards a new registry gets (default: 4; above 5 million people 8, above 20 million 16)",
    )
    add_country(parser, "the country of a new registry, whose phone numbers may be in national form")


@registry_command
def run(options: argparse.Namespace) -> int:
    """Load the files; return 0, or 1 when rows were rejected. Raises CommandError."""
    file_options = read_file_options(options)
    # The table is read first, so that an error is not reported after large files are read.
    target = (
        None
        if options.dry_run and not options.table
        else Target.read(runtime_of(options), options.shards, options.country, dry_run=options.dry_run)
    )
    audit = None if options.dry_run or not target else OperatorAudit.of(options, target.runtime, "import")
    how = Options(options.dry_run, options.replace, file_options.strict, options.no_notify, audit)
    return load(options.files, target, how, file_options)


def load(
    files: Sequence[Path],
    target: Target | None,
    options: Options = _DEFAULTS,
    file_options: FileOptions | None = None,
) -> int:
    """Load files, print a summary, and return the exit status. Raises CommandError."""
    paths = list(dict.fromkeys(files))
    file_options = file_options or FileOptions()
    if target:
        file_options = replace(file_options, id_key=target.id_key)
    with (
        relaxed_gc(),
        Rejects(map(str, paths)) as rejects,
        closing(Staging()) as staging,
        threads() as pool,
    ):
        with interruptible("Nothing was written: run the same command again."):
            stage_files(paths, staging, rejects, file_options)
        ImportRun(staging, rejects, pool, target, options).run()
    for line in rejects.summary():
        print(line)
    return 1 if rejects.total else 0
