"""`dci subscriptions resume`: notify a client again whose receiver failed."""

from __future__ import annotations

import argparse

from dci_cli.api import add_person_options, api_of_person
from dci_cli.exchange import by_api
from dci_cli.exchange.exchange_table import add_change, add_clients_table, client_id, exchange_command, runtime_of
from dci_cli.registry.support.operator_audit import OperatorAudit
from dci_cli.terminal import confirm
from dci_common.subscriptions.subscribers import Subscribers


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the client."""
    add_person_options(parser)
    add_change(parser)
    parser.add_argument("client", metavar="CLIENT", help="the id or name of a client that is not notified any more")
    add_clients_table(parser)


@exchange_command
def run(options: argparse.Namespace) -> int:
    """Resume the notifications of a client; after `dci login`, callbacks too. Raises CommandError."""
    if api := api_of_person(options):
        by_api.resume(api, options)
        return 0
    runtime, client = runtime_of(options), client_id(options)
    audit = OperatorAudit.of(options, runtime, "subscriptions resume")
    confirm(f"Notify the client {options.client} again", "resumed", assumed=options.yes)
    with audit.recorded([f"CLIENT#{client}"]):
        Subscribers(runtime).resume(client)
    print(
        f"Notifications to {options.client} go on within an hour."
        f" Those that failed: dci subscriptions redrive {client}"
    )
    return 0
