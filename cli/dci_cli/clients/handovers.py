"""`dci clients hand-over`, `handovers` and `withdraw-handover`."""

from __future__ import annotations

import argparse

from dci_cli.clients.client_command import (
    ClientCommand,
    add_client,
    add_client_and_yes,
    print_done,
    print_records,
)
from dci_cli.clients.clients_api import ClientsApi, label
from dci_cli.terminal import confirm, print_json

_COLUMNS = ("handover_id", "created", "expires", "tries_left", "made_by")


def _add_overlap(parser: argparse.ArgumentParser) -> None:
    add_client(parser)
    parser.add_argument(
        "--old-expires-in",
        type=int,
        metavar="SECONDS",
        help="how many seconds the old secret remains valid once the new one is made (default: 604800, seven days)",
    )


def _add_handover_id(parser: argparse.ArgumentParser) -> None:
    add_client_and_yes(parser)
    parser.add_argument(
        "handover_id", metavar="HANDOVER", help="the id of the handover, which `dci clients handovers` shows"
    )


def _hand_over(api: ClientsApi, options: argparse.Namespace) -> None:
    client = api.find(options.client)
    made = api.hand_over(client, options.old_expires_in)
    if options.json:
        print_json(made)
        return
    # Lines of their own, which are never wrapped: they are to be copied.
    print(
        f"A secret for {label(client)}.\n\n"
        f"Link: {made['link']}\nCode: {made['code']}\n\n"
        "Send the link and the code to the partner's officer on separate ways: for example the\n"
        "link by e-mail, and the code by telephone or in person. Anyone who has both gets the secret,\n"
        "once. They cannot be shown again.\n"
        f"They end at {made['expires']}, or with the fifth wrong code. To end them sooner:\n"
        f"dci clients withdraw-handover {client['client_id']} {made['handover_id']}"
    )


def _list(api: ClientsApi, options: argparse.Namespace) -> None:
    print_records(options, _COLUMNS, api.handovers(api.find(options.client)))


def _withdraw(api: ClientsApi, options: argparse.Namespace) -> None:
    client = api.find(options.client)
    handover = f"the handover {options.handover_id} of {label(client)}"
    confirm(f"Withdraw {handover}", "withdrawn", assumed=options.yes)
    api.withdraw_handover(client, options.handover_id)
    print_done(options, f"Withdrew {handover}.")


hand_over = ClientCommand(_hand_over, _add_overlap)
list_handovers = ClientCommand(_list)
withdraw = ClientCommand(_withdraw, _add_handover_id)
