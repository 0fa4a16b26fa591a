"""`dci registry follow`: keep the registry as another system's database is.

The first pass loads what the database has, and each later one what has changed since. Records that others add stay,
and only those are changed or deleted that were followed.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dci_cli.command_error import CommandError
from dci_cli.numbers import positive
from dci_cli.registry.follow.openspp_options import add_openspp, openspp_options
from dci_cli.registry.support.operator_audit import OperatorAudit, add_audit
from dci_cli.registry.support.registry_table import (
    add_country,
    add_no_notify,
    add_table,
    registry_command,
    runtime_of,
)

if TYPE_CHECKING:
    from dci_cli.registry.follow.source import Source

_MAX_SHARDS = 64
_SAMPLE = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("system", choices=("openspp",), metavar="SYSTEM", help="what the database is of: openspp")
    parser.add_argument(
        "--database",
        default=os.environ.get("FOLLOW_DATABASE", ""),
        metavar="URL",
        help="its address: postgresql://USER@HOST/NAME (default: FOLLOW_DATABASE)",
    )
    add_table(parser)
    add_audit(parser)
    _add_ways(parser)
    _add_safeguards(parser)
    add_openspp(parser)


def _add_ways(parser: argparse.ArgumentParser) -> None:
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--once", action="store_true", help="make one pass, and end (default)")
    ways.add_argument(
        "--every", type=positive, metavar="SECONDS", help="make a pass every so many seconds, until it is stopped"
    )
    ways.add_argument("--dry-run", action="store_true", help="show what a pass would change, and write nothing")
    ways.add_argument(
        "--check",
        type=positive,
        nargs="?",
        const=_SAMPLE,
        metavar="NUMBER",
        help=f"compare so many records ({_SAMPLE}), drawn at random, with the registry, and show the differences",
    )
    ways.add_argument(
        "--export", type=Path, metavar="FILE", help="write all records as JSON Lines, for create-from-s3, and end"
    )


def _add_safeguards(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--full", action="store_true", help="compare all records with the registry, as is done once a day anyway"
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="where the follower notes what it has seen; it may be lost (default: a file in ~/.local/state/dci)",
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="a CSV file for all that is not as the database has it"
    )
    parser.add_argument(
        "--allow-deletions",
        type=positive,
        default=0,
        metavar="NUMBER",
        help="delete up to so many records, identifiers or memberships at once, even if they are over 5 %% of all",
    )
    parser.add_argument(
        "--allow-unrestricted",
        type=positive,
        default=0,
        metavar="NUMBER",
        help="lift up to so many restrictions at once, even if the database restricts nobody any more",
    )
    parser.add_argument(
        "--adopt", action="store_true", help="follow this database from now on in place of the one before"
    )
    parser.add_argument(
        "--load-all", action="store_true", help="write millions of new records one by one, instead of stopping"
    )
    add_no_notify(parser)
    parser.add_argument(
        "--shards", type=int, choices=range(1, _MAX_SHARDS + 1), metavar="N", help="index shards of a new registry"
    )
    add_country(parser, "the country of a new registry, whose phone numbers may be in national form")
    parser.add_argument(
        "--stack",
        default=os.environ.get("DCI_STACK", ""),
        metavar="NAME",
        help="the deployment whose alarm is to be raised when no pass succeeds any more (default: DCI_STACK)",
    )


@registry_command
def run(options: argparse.Namespace) -> int:
    """Follow the database. Raises CommandError."""
    from dci_cli.registry.follow.openspp.source import OpenSpp  # noqa: PLC0415 - optional dependencies

    if not options.database:
        raise CommandError("Name the database with --database or FOLLOW_DATABASE: postgresql://USER@HOST/NAME.")
    return follow(OpenSpp(options.database, openspp_options(options)), options)


def follow(source: Source, options: argparse.Namespace) -> int:
    """Follow a source in the way that the options ask for, and return the exit status. Raises CommandError."""
    if options.export:
        from dci_cli.registry.follow.export import export  # noqa: PLC0415 - imported when it is used

        return export(source, options.export)
    runtime = runtime_of(options)
    if options.check:
        from dci_cli.registry.follow.check import check  # noqa: PLC0415 - imported when it is used

        return check(source, runtime, options.check)
    from dci_cli.registry.follow.follower import Follower  # noqa: PLC0415 - imported when it is used

    audit = None if options.dry_run else OperatorAudit.of(options, runtime, "follow")
    follower = Follower(source, runtime, options, audit)
    if options.dry_run:
        return follower.dry_run()
    return follower.every(options.every) if options.every else follower.once()
