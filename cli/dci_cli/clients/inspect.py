"""`dci clients list`, `show` and `log`."""

from __future__ import annotations

import argparse

from dci_cli.clients.client_command import ClientCommand, print_record, print_records
from dci_cli.clients.clients_api import ClientsApi

_CLIENTS = ("name", "client_id", "status", "scopes", "sender_id")
_LOG = ("at", "act", "by", "version", "secret_id", "changes")


def _add_status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--status", choices=("enabled", "disabled"), help="list only the clients with this status")


def _list(api: ClientsApi, options: argparse.Namespace) -> None:
    print_records(options, _CLIENTS, api.clients(options.status))


def _show(api: ClientsApi, options: argparse.Namespace) -> None:
    print_record(options, api.show(options.client))


def _log(api: ClientsApi, options: argparse.Namespace) -> None:
    print_records(options, _LOG, api.log(options.client))


list_clients = ClientCommand(_list, _add_status)
show = ClientCommand(_show)
log = ClientCommand(_log)
