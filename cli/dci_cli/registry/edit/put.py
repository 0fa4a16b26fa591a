"""`dci registry put`: create or replace a few records, given as canonical JSON Lines.

Each record is written with the records that it affects, or not at all. The command stops at a rejected record; the
records before it are written, and putting them again changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

from dci_cli.command_error import CommandError
from dci_cli.registry.support.interruption import interruptible
from dci_cli.registry.support.json_lines import BadLine, read_line
from dci_cli.registry.support.operator_audit import OperatorAudit, add_audit
from dci_cli.registry.support.plausibility import latest_today
from dci_cli.registry.support.registry_table import add_no_notify, add_table, registry_command, runtime_of
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.errors import WriteRefused
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.storage.keys import record_pk
from dci_common.registry.write.writer import RegistryWriter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file, and `--version`."""
    add_table(parser)
    add_audit(parser)
    add_no_notify(parser)
    parser.add_argument("file", metavar="FILE", help="a file with the records; -: standard input")
    parser.add_argument(
        "--version",
        type=int,
        metavar="N",
        help="write the one person or group of the file only if its version is N now; 0: only if it does not exist",
    )


@registry_command
def run(options: argparse.Namespace) -> int:
    """Write the records, one by one. Raises CommandError."""
    runtime = runtime_of(options)
    records = _records(options.file, latest_today())
    if options.version is not None and (len(records) != 1 or isinstance(records[0][1], Membership)):
        raise CommandError("--version requires a file with one person or group, and nothing else.")
    audit = OperatorAudit.of(options, runtime, "put")
    writer = RegistryWriter(runtime, SOCIAL_CATALOGUE, quiet=options.no_notify)
    keys = dict.fromkeys(key for _, record in records for key in _keys(record))
    written = 0
    with interruptible(lambda: f"{_count(written)} written: run the same command again."), audit.recorded(keys):
        for number, record in records:
            try:
                writer.put(record, version=options.version)
            except WriteRefused as error:
                before = f" The {_count(written)} before it {'is' if written == 1 else 'are'} written."
                raise CommandError(f"Line {number} is rejected: {error}{before if written else ''}") from error
            written += 1
    print(f"{_count(written)} written.")
    return 0


def _count(number: int) -> str:
    return f"{number} record{'s'[: number != 1]}"


def _keys(record: AnyRecord) -> Iterator[str]:
    """Yield the keys of the people and groups that a record is about."""
    match record:
        case Person():
            yield record_pk(Kind.PERSON, record.id)
        case Group():
            yield record_pk(Kind.GROUP, record.id)
        case Membership():
            yield record_pk(Kind.PERSON, record.person_id)
            yield record_pk(Kind.GROUP, record.group_id)


def _records(file: str, today: date) -> list[tuple[int, AnyRecord]]:
    """Return every record with the number of its line. Raises CommandError."""
    records = []
    try:
        content = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text.") from error
    for number, line in enumerate(content.split("\n"), 1):
        try:
            warn = partial(_warn, number)
            records += [(number, read_line(line, today, warn))] if line.strip() else []
        except BadLine as bad:
            raise CommandError(f"Line {number}: {bad} Nothing was written.") from bad
    return records


def _warn(number: int, sentence: str) -> None:
    print(f"Line {number}: {sentence}", file=sys.stderr)
