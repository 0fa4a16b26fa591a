"""`dci clients secrets`, `rotate-secret` and `delete-secret`."""

from __future__ import annotations

import argparse

from dci_cli.clients.client_command import (
    ClientCommand,
    add_client_and_yes,
    print_done,
    print_record,
    print_records,
)
from dci_cli.clients.clients_api import ClientsApi, label
from dci_cli.terminal import confirm

_SECRETS = ("secret_id", "created", "expires", "last_used")


def _add_overlap(parser: argparse.ArgumentParser) -> None:
    add_client_and_yes(parser)
    parser.add_argument(
        "--old-expires-in",
        type=int,
        metavar="SECONDS",
        help="how many seconds the old secret remains valid (default: 604800, seven days)",
    )


def _add_secret_id(parser: argparse.ArgumentParser) -> None:
    add_client_and_yes(parser)
    parser.add_argument("secret_id", metavar="SECRET", help="the id of the secret, which `dci clients secrets` shows")


def _list(api: ClientsApi, options: argparse.Namespace) -> None:
    print_records(options, _SECRETS, api.secrets(api.find(options.client)))


def _rotate(api: ClientsApi, options: argparse.Namespace) -> None:
    client = api.find(options.client)
    if options.old_expires_in == 0:
        confirm(f"Expire the secret of {label(client)} at once", "changed", assumed=options.yes)
    print_record(options, api.add_secret(client, options.old_expires_in))


def _delete(api: ClientsApi, options: argparse.Namespace) -> None:
    client = api.find(options.client)
    secret = f"the secret {options.secret_id} of {label(client)}"
    confirm(f"Delete {secret}", "deleted", assumed=options.yes)
    api.delete_secret(client, options.secret_id)
    print_done(options, f"Deleted {secret}.")


list_secrets = ClientCommand(_list)
rotate_secret = ClientCommand(_rotate, _add_overlap)
delete_secret = ClientCommand(_delete, _add_secret_id)
