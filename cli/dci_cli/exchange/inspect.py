"""`dci exchange list`, `show` and `paused`, through the API: a client with the scope `clients.read` is enough."""

from __future__ import annotations

import argparse
from itertools import islice

from dci_cli.clients.client_command import ClientCommand, print_record, print_records
from dci_cli.clients.clients_api import ClientsApi
from dci_cli.command_error import CommandError
from dci_cli.numbers import positive

_STATES = ("collecting", "delivering", "answered", "refused", "dead", "cancelled")
_OF_A_CLIENT = {"answered", "cancelled"}
_LISTED = ("state", "correlation_id", "client_id", "accepted", "due", "found", "delivered", "reason")
_ATTEMPTS = ("at", "page", "result", "http_status", "latency", "next_attempt", "reason")


def _add_list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--client",
        metavar="CLIENT",
        help="list all exchanges of this client, the newest first: its id or name, or the id of a deleted one"
        " (default: those of all clients that failed, and those that are open)",
    )
    parser.add_argument("--state", choices=_STATES, help="list only the exchanges in this state")
    parser.add_argument("--limit", type=positive, metavar="NUMBER", help="list only the first exchanges")


def _list(api: ClientsApi, options: argparse.Namespace) -> None:
    if options.state in _OF_A_CLIENT and not options.client:
        raise CommandError(f"--state {options.state} lists the exchanges of one client only: add --client.")
    given = {"client_id": api.id_of(options.client) if options.client else None, "state": options.state}
    query = {name: value for name, value in given.items() if value}
    print_records(options, _LISTED, list(islice(api.exchanges(query), options.limit)))


def add_exchange(parser: argparse.ArgumentParser) -> None:
    """Add the exchange."""
    parser.add_argument("exchange", metavar="EXCHANGE", help="the exchange's correlation id")


def _show(api: ClientsApi, options: argparse.Namespace) -> None:
    exchange = dict(api.exchange(options.exchange))
    if options.json:
        print_record(options, exchange)
        return
    attempts = exchange.pop("latest_attempts")
    print_record(options, exchange)
    if attempts:
        print()
        print_records(options, _ATTEMPTS, attempts)


def _paused(api: ClientsApi, options: argparse.Namespace) -> None:
    found = api.paused()
    if not found and not options.json:
        print("No client is paused.")
        return
    print_records(options, ("client_id", "client", "since"), found)
    if not options.json:
        print("\nWhen the receiver of a client is repaired: dci exchange resume CLIENT")


list_exchanges = ClientCommand(_list, _add_list_arguments)
show = ClientCommand(_show, add_exchange)
paused = ClientCommand(_paused, lambda _: None)
