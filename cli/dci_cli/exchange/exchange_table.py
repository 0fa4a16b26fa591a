"""The table that `dci exchange redrive` and `resume` change where nobody is signed in, and how that is recorded.

They change it with an operator's AWS credentials, as `dci registry` changes a registry: no client, with whatever
scope, may have records sent once more, and a deployment may have no people. Reading its items shows messages, which
are personal data.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from functools import wraps

from dci_cli.aws import OperatorRuntime, add_table_option, aws_errors, check_table
from dci_cli.client_lookup import find_client_id
from dci_cli.clients.clients_api import CLIENT_ID
from dci_cli.command_error import CommandError
from dci_cli.registry.support.operator_audit import add_audit
from dci_common.errors import DomainError
from dci_common.exchange.exchanges import Exchange, exchange_key
from dci_common.settings import Settings

Run = Callable[[argparse.Namespace], int]


def add_change(parser: argparse.ArgumentParser) -> None:
    """Add the tables of a change, and `--yes`."""
    add_table_option(parser, "--table", "ExchangeTable")
    add_audit(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def add_clients_table(parser: argparse.ArgumentParser) -> None:
    """Add the table in which the name of a client is looked up."""
    add_table_option(parser, "--clients-table", "ClientsTable", "to look up the name of a client")


def client_id(options: argparse.Namespace) -> str:
    """Return the id of `client`; an id is not looked up, which would need ClientsTable. Raises CommandError."""
    if CLIENT_ID.fullmatch(options.client):
        return str(options.client)
    check_table(options.clients_table, "ClientsTable", "--clients-table or CLIENTS_TABLE, to look the name up")
    return find_client_id(options.clients_table, options.client)


def runtime_of(options: argparse.Namespace) -> OperatorRuntime:
    """Return the runtime for the table of `--table`. Raises CommandError when no table is named."""
    check_table(options.table, "ExchangeTable", "--table or EXCHANGE_TABLE, or use --local")
    return OperatorRuntime(Settings(exchange_table=options.table))


def exchange_command(run: Run) -> Run:
    """Make the errors of exchanges and of AWS, which `run` raises, CommandErrors."""

    @wraps(run)
    def run_with_errors(options: argparse.Namespace) -> int:
        try:
            with aws_errors("ExchangeTable"):
                return run(options)
        except DomainError as error:
            raise CommandError(error.message) from error

    return run_with_errors


def audit_keys(exchanges: Iterable[Exchange]) -> list[str]:
    """Return the keys by which exchanges are named in AuditTable."""
    return [str(exchange_key(exchange.correlation_id)["pk"]["S"]) for exchange in exchanges]
