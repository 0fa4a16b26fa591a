"""`dci clients list`, `show` and `log`."""

from __future__ import annotations

import argparse
from itertools import islice

from dci_cli.clients.client_command import ClientCommand, print_record, print_records
from dci_cli.clients.clients_api import ClientsApi
from dci_cli.numbers import positive

_CLIENTS = ("name", "client_id", "status")
_LOG = ("at", "act", "by", "version", "secret_id", "changes")
_WHOLE_LOG = ("at", "act", "name", "client_id", *_LOG[2:])


def _add_status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--status", choices=("enabled", "disabled"), help="list only the clients with this status")


def _list(api: ClientsApi, options: argparse.Namespace) -> None:
    print_records(options, _CLIENTS, api.clients(options.status))


def _show(api: ClientsApi, options: argparse.Namespace) -> None:
    print_record(options, api.find(options.client))


def _add_log_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "client", nargs="?", metavar="CLIENT", help="the client's id or name, also of a deleted one (default: all)"
    )
    parser.add_argument("--limit", type=positive, metavar="NUMBER", help="show only the newest entries")


def _log(api: ClientsApi, options: argparse.Namespace) -> None:
    if options.client is None:
        print_records(options, _WHOLE_LOG, list(islice(api.whole_log(), options.limit)))
    else:
        print_records(options, _LOG, list(islice(api.log(options.client), options.limit)))


list_clients = ClientCommand(_list, _add_status)
show = ClientCommand(_show)
log = ClientCommand(_log, _add_log_arguments)
