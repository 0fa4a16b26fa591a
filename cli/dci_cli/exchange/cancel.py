"""`dci exchange cancel`: end an exchange that is open, through the API."""

from __future__ import annotations

import argparse

from dci_cli.clients.client_command import ClientCommand, print_record
from dci_cli.clients.clients_api import ClientsApi
from dci_cli.exchange.inspect import add_exchange
from dci_cli.terminal import confirm


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_exchange(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def _cancel(api: ClientsApi, options: argparse.Namespace) -> None:
    found = api.exchange(options.exchange)
    description = f"the exchange {found['correlation_id']} of the client {found['client_id']}"
    confirm(f"Cancel {description}, which cannot be undone", "cancelled", assumed=options.yes)
    ended = api.cancel_exchange(found["correlation_id"])
    if options.json:
        print_record(options, ended)
    else:
        print(f"Cancelled {description}. A page that was just being sent may still arrive.")


cancel = ClientCommand(_cancel, _add_arguments)
