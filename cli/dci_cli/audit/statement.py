"""`dci audit --statement`: what a citizen may be given about those who saw their record. It names nobody else."""

from __future__ import annotations

import argparse
import sys

from dci_cli.api import Api
from dci_cli.audit.by_api import incompleteness, period_of, subject_of, whole_list
from dci_cli.audit.records import Period
from dci_cli.command_error import CommandError
from dci_cli.terminal import Column, print_json, print_table
from dci_common.csv_text import csv_text

_NAMES = ("when", "organisation", "fields", "purpose")
_COLUMNS = [Column(name, wraps=name in {"fields", "purpose"}) for name in _NAMES]


def print_statement(api: Api, options: argparse.Namespace, period: Period | None) -> None:
    """Print who saw a person or a group, the oldest first: in all time, or in a period. Raises CommandError."""
    if not (options.person or options.group):
        raise CommandError("A statement is about one person or group: give --person or --group.")
    asked = subject_of(api, options) | (period_of(period) if period else {})
    newest_first, page = whole_list(api, "/audit/statement", "disclosures", asked)
    found = newest_first[::-1]
    rows = [{**one, "fields": ", ".join(one["fields"])} for one in found]
    if options.json:
        print_json(found)
    elif options.csv:
        sys.stdout.write(csv_text(_NAMES, rows))
    elif rows:
        print_table(_COLUMNS, [[row[name] for name in _NAMES] for row in rows])
    if not rows:
        print(
            f"Nobody saw this record{' in the period' if period else ''}.",
            file=sys.stderr if options.json or options.csv else sys.stdout,
        )
    if warning := incompleteness(page, period):
        print(warning, file=sys.stderr)
