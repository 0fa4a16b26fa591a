"""`dci subscriptions cancel`: end a subscription, through the API."""

from __future__ import annotations

import argparse

from dci_cli.clients.client_command import ClientCommand, print_record
from dci_cli.clients.clients_api import ClientsApi
from dci_cli.command_error import CommandError
from dci_cli.subscriptions.inspect import add_code
from dci_cli.terminal import confirm


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_code(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def _cancel(api: ClientsApi, options: argparse.Namespace) -> None:
    found = api.subscription(options.subscription)
    if found["state"] != "active":
        raise CommandError("The subscription has ended already.")
    description = f"the subscription {found['code']} of the client {found['client_id']}"
    confirm(f"Cancel {description}, which only the client can begin again", "cancelled", assumed=options.yes)
    ended = api.cancel_subscription(found["code"])
    if options.json:
        print_record(options, ended)
    else:
        print(f"Cancelled {description}. What is just being sent may still arrive.")


cancel = ClientCommand(_cancel, _add_arguments)
