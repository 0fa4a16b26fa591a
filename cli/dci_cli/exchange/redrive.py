"""`dci exchange redrive`: have exchanges that failed go on where they stopped."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from dci_cli.api import add_person_options, api_of_person
from dci_cli.command_error import CommandError
from dci_cli.exchange import by_api
from dci_cli.exchange.exchange_table import (
    add_change,
    add_clients_table,
    audit_keys,
    client_id,
    exchange_command,
    runtime_of,
)
from dci_cli.registry.support.operator_audit import OperatorAudit
from dci_cli.terminal import confirm
from dci_common.errors import DomainError
from dci_common.exchange.exchanges import Exchange
from dci_common.exchange.interventions import Interventions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the exchange, or the client with all of its dead ones."""
    add_person_options(parser)
    add_change(parser)
    parser.add_argument("exchange", nargs="?", metavar="EXCHANGE", help="the correlation id of a dead or refused one")
    parser.add_argument("--all", action="store_true", help="redrive all dead exchanges of the client of --client")
    parser.add_argument("--client", metavar="CLIENT", help="the client of --all: its id or name")
    add_clients_table(parser)


@exchange_command
def run(options: argparse.Namespace) -> int:
    """Redrive one exchange, or all of a client's that are dead. Raises CommandError."""
    if options.all != bool(options.client) or options.all == bool(options.exchange):
        raise CommandError("Give either the correlation id of an exchange, or --all with --client.")
    if api := api_of_person(options):
        by_api.redrive(api, options)
        return 0
    runtime = runtime_of(options)
    interventions = Interventions(runtime)
    audit = OperatorAudit.of(options, runtime, "exchange redrive")
    exchanges = interventions.dead(client_id(options)) if options.all else [interventions.failed(options.exchange)]
    if not exchanges:
        print(by_api.no_dead(options.client))
        return 0
    confirm(f"Redrive {_described(exchanges, options.client)}", "redriven", assumed=options.yes)
    with audit.recorded(audit_keys(exchanges)):
        redrive_each(interventions, exchanges)
    return 0


def redrive_each(interventions: Interventions, exchanges: Iterable[Exchange]) -> None:
    """Redrive exchanges. Raises CommandError that says which could not be, after all others were."""
    problems = [problem for exchange in exchanges if (problem := _redrive(interventions, exchange))]
    if problems:
        raise CommandError(" ".join(problems))


def _redrive(interventions: Interventions, exchange: Exchange) -> str:
    """Redrive an exchange, and return why it cannot be; another one perhaps can."""
    try:
        interventions.redrive(exchange)
    except DomainError as error:
        return f"{exchange.correlation_id}: {error.message}"
    by_api.print_redriven(exchange.correlation_id)
    return ""


def _described(exchanges: list[Exchange], client: str | None) -> str:
    if client is None:
        return _one(exchanges[0])
    return f"{len(exchanges)} dead {'exchange' if len(exchanges) == 1 else 'exchanges'} of {client}"


def _one(exchange: Exchange) -> str:
    page = f"from page {exchange.delivery.page + 1} on"
    to = exchange.callback_address or "nowhere: its answer waits for a status request"
    return f"the exchange {exchange.correlation_id} of the client {exchange.client_id} {page}, to {to}"
