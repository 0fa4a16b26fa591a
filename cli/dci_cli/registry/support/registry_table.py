"""The table that a registry command works on, and how the command reads from it."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any

from dci_cli.aws import OperatorRuntime, add_table_option, aws_errors, check_table
from dci_cli.command_error import CommandError
from dci_cli.local_server import add_local
from dci_cli.registry.support.progress import Progress
from dci_common.aws import dynamodb
from dci_common.errors import Unavailable
from dci_common.registry.errors import RegistryNotLoaded
from dci_common.registry.storage.store import RegistrySettings, RegistryStore
from dci_common.settings import Settings

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

UNLIMITED = 10**12  # an operator's command reads as much as there is
IS_RECORD = "attribute_exists(facets)"  # true for the items of people and groups only

Run = Callable[[argparse.Namespace], int]


def registry_command(run: Run) -> Run:
    """Make the errors of the registry, AWS and SQLite, which `run` raises, CommandErrors."""

    @wraps(run)
    def run_with_errors(options: argparse.Namespace) -> int:
        try:
            with aws_errors("RegistryTable"):
                return run(options)
        except Unavailable as error:
            raise CommandError(error.message) from error
        except sqlite3.Error as error:
            raise CommandError(
                f"The temporary database cannot be used ({error}): set TMPDIR to a folder with enough space."
            ) from error

    return run_with_errors


def add_table(parser: argparse.ArgumentParser) -> None:
    """Add `--table`, and the local server instead."""
    add_local(parser)
    add_table_option(parser, "--table", "RegistryTable")


def add_country(parser: argparse.ArgumentParser, help_: str) -> None:
    """Add `--country`."""
    parser.add_argument("--country", type=_country, metavar="CODE", help=f"{help_}, such as KE (ISO 3166)")


def add_no_notify(parser: argparse.ArgumentParser) -> None:
    """Add `--no-notify`."""
    parser.add_argument(
        "--no-notify",
        action="store_true",
        help="do not notify subscribed clients of what is written, except of records that they may not see any more",
    )


def _country(code: str) -> str:
    """Return a country's code in upper case."""
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - few commands need it

    if code.upper() not in SUPPORTED_REGIONS:
        raise argparse.ArgumentTypeError("give the two letters of a country, such as KE (ISO 3166)")
    return code.upper()


def runtime_of(options: argparse.Namespace) -> OperatorRuntime:
    """Return the runtime for the table of `--table`. Raises CommandError when no table is named."""
    check_table(options.table, "RegistryTable", "--table or REGISTRY_TABLE, or use --local")
    return OperatorRuntime(Settings(registry_table=options.table))


def settings_if_loaded(runtime: Runtime) -> RegistrySettings | None:
    """Return the registry's settings; None when nothing has been loaded into the table."""
    try:
        return RegistryStore(runtime).settings()
    except RegistryNotLoaded:
        return None


def pages(runtime: OperatorRuntime, **request: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - Scan's own
    """Scan the table, strongly consistent, with a progress report; DynamoDB counts the items every six hours."""
    table = runtime.settings.registry_table
    total = runtime.dynamodb.describe_table(TableName=table)["Table"]["ItemCount"]
    with Progress("Reading", "items", total) as progress:
        for page in dynamodb.pages(runtime.dynamodb.scan, TableName=table, ConsistentRead=True, **request):
            yield page
            progress.advance(page["ScannedCount"])
