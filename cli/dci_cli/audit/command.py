"""`dci audit`: who saw and who changed a person, and what a client saw, from the records of searches and operators.

What concerns a person or a group is found by the index. Everything else, and days that are not indexed, are read
completely: AWS charges for all of it, whatever is printed. The output is personal data.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime

from dci_cli.api import Api, add_person_options, api_of_person
from dci_cli.audit.by_api import read_by_api
from dci_cli.audit.client_names import with_names
from dci_cli.audit.index import indexed_table
from dci_cli.audit.output import print_csv, print_text
from dci_cli.audit.records import Period, Subject, read_records
from dci_cli.audit.reindex import days_to_index, reindex
from dci_cli.audit.statement import print_statement
from dci_cli.audit.subjects import client_subject, record_subject
from dci_cli.aws import OperatorRuntime, add_table_option, aws_errors, check_table
from dci_cli.command_error import CommandError
from dci_cli.registry.support.interruption import interruptible
from dci_cli.terminal import print_json
from dci_common.errors import Unavailable
from dci_common.exchange.audit_records import Record, as_json
from dci_common.registry.model.base import Kind
from dci_common.settings import Settings

_DAYS = 30
_CHANGES = Subject("attribute_exists(#command)", "", "There were no changes by operators")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subject, the days, the output, and the tables."""
    _add_subject(parser)
    _add_days(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json",
        action="store_true",
        help="print one JSON document instead of text",
    )
    form.add_argument("--csv", action="store_true", help="print CSV with the same content")
    parser.add_argument(
        "--statement",
        action="store_true",
        help="print what a citizen may be given instead: the whole history, without queries (after dci login)",
    )
    add_person_options(parser)
    for option, output, use in (
        ("--table", "AuditTable", "with the records"),
        (
            "--registry-table",
            "RegistryTable",
            "to look up identifiers, and whether somebody exists",
        ),
        ("--clients-table", "ClientsTable", "to look up clients, and show their names, also of deleted ones"),
    ):
        add_table_option(parser, option, output, use)


def run(options: argparse.Namespace) -> int:
    """Print the records, the oldest first. Raises CommandError.

    They are read from the tables, or without one through the API, if a person is signed in there.
    """
    if not options.action and (api := api_of_person(options)):
        return _by_api(api, options)
    if options.statement:
        raise CommandError("--statement asks the API: sign in with `dci login`, and name no table (AUDIT_TABLE).")
    check_table(options.table, "AuditTable", "--table or AUDIT_TABLE, or use --local")
    if options.action:
        return _reindex(options)
    if options.again:
        raise CommandError("--again belongs to reindex.")
    period = _period(options)
    subject = _subject(options)
    try:
        with aws_errors("AuditTable"):
            found, unindexed = read_records(_runtime(options), options.table, period, subject)
    except Unavailable as error:
        raise CommandError("AuditTable is busy: run the same command again.") from error
    with aws_errors("ClientsTable"):
        named = with_names(options.clients_table, found)
    _print(named, options)
    if not named:
        sentence = f"{subject.absence} from {period.first} to {period.last}. {subject.unchecked}"
        print(sentence.rstrip(), file=sys.stderr if options.json or options.csv else sys.stdout)
    elif not options.clients_table and any("client_id" in record for record in named):
        print("Clients are shown by their ids: give --clients-table or CLIENTS_TABLE for names.", file=sys.stderr)
    if unindexed:
        print(_explained(unindexed), file=sys.stderr)
    return 0


def _by_api(api: Api, options: argparse.Namespace) -> int:
    period = _period(options)
    if options.statement:
        print_statement(api, options, period if options.day or options.since or options.until else None)
        return 0
    answer = read_by_api(api, options, period)
    _print(answer.records, options)
    if not answer.records:
        print(answer.absence, file=sys.stderr if options.json or options.csv else sys.stdout)
    if answer.warning:
        print(answer.warning, file=sys.stderr)
    return 0


def _print(named: Sequence[Record], options: argparse.Namespace) -> None:
    if options.json:
        print_json(list(map(as_json, named)))
    elif options.csv:
        print_csv(named)
    elif named:
        print_text(named)


def _runtime(options: argparse.Namespace) -> OperatorRuntime:
    return OperatorRuntime(Settings(audit_table=options.table))


def _explained(unindexed: Sequence[date]) -> str:
    first, last = unindexed[0], unindexed[-1]
    which = f"{first} is" if first == last else f"{len(unindexed)} days from {first} to {last} are"
    return (
        f"{which} not in the index of persons and groups, and read completely: run dci audit reindex --since {first}."
    )


def _reindex(options: argparse.Namespace) -> int:
    """Index days, and print how many entries each has."""
    runtime = _runtime(options)
    since, until = (options.day, options.day) if options.day else (options.since, options.until)
    done = entries = 0
    with aws_errors("AuditTable"), interruptible(lambda: f"{done} days are indexed: run the same command again."):
        indexed = indexed_table(runtime, options.table)
        days = days_to_index(indexed, since, until, again=options.again)
        for day, count in reindex(runtime, options.table, days, indexed):
            done, entries = done + 1, entries + count
            if count:
                print(f"{day}: {count:,} entries")
    print(f"{done:,} days were indexed, with {entries:,} entries.")
    if indexed.streamed is None:
        print("The stream of the table is off, so what is recorded from now on is not indexed.", file=sys.stderr)
    return 0


def _add_subject(parser: argparse.ArgumentParser) -> None:
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument(
        "--person",
        nargs="+",
        metavar=("ID", "VALUE"),
        help="show who saw and who changed this person: an id, or the type and value of an identifier",
    )
    about.add_argument(
        "--group", nargs="+", metavar=("ID", "VALUE"), help="show who saw and who changed this group, likewise"
    )
    about.add_argument("--client", metavar="CLIENT", help="show what this client saw: its id or name")
    about.add_argument("--changes", action="store_true", help="show what operators changed")
    about.add_argument(
        "action", nargs="?", choices=["reindex"], help="index the days that are not: from the table's first day"
    )
    parser.add_argument("--again", action="store_true", help="with reindex: also index days that are indexed")


def _add_days(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since", type=_date, metavar="DATE", help=f"the first day, in UTC (default: {_DAYS} days before the last)"
    )
    parser.add_argument("--until", type=_date, metavar="DATE", help="the last day (default: today)")
    parser.add_argument("--day", type=_date, metavar="DATE", help="this day alone")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be a date such as 2026-01-31") from error


def _period(options: argparse.Namespace) -> Period:
    if options.day and (options.since or options.until):
        raise CommandError("Give --day, or --since and --until.")
    last = options.day or options.until or datetime.now(UTC).date()
    first = options.day or options.since or date.fromordinal(max(1, last.toordinal() - _DAYS))
    if first > last:
        raise CommandError("--since must not be after --until.")
    return Period(first, last)


def _subject(options: argparse.Namespace) -> Subject:
    if options.changes:
        return _CHANGES
    if options.client is not None:
        return client_subject(options.clients_table, options.client)
    kind, names = (Kind.PERSON, options.person) if options.person else (Kind.GROUP, options.group)
    return record_subject(options.registry_table, kind, names)
