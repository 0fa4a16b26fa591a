"""`dci clients list`, `show` and `log`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from itertools import islice
from typing import Any

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


def _log_entry(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an entry for a table: people are there by their names too, and the approver beside the requester."""
    asked, approved = (
        f"{entry[f'{by}_name']} ({entry[by]})" if f"{by}_name" in entry else entry.get(by, "")
        for by in ("by", "approved_by")
    )
    return {**entry, "by": f"{asked}, approved by {approved}" if approved else asked}


def _add_log_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "client", nargs="?", metavar="CLIENT", help="the client's id or name, also of a deleted one (default: all)"
    )
    parser.add_argument("--limit", type=positive, metavar="NUMBER", help="show only the newest entries")


def _log(api: ClientsApi, options: argparse.Namespace) -> None:
    found = api.whole_log() if options.client is None else api.log(options.client)
    entries = list(islice(found, options.limit))
    columns = _WHOLE_LOG if options.client is None else _LOG
    print_records(options, columns, entries if options.json else list(map(_log_entry, entries)))


list_clients = ClientCommand(_list, _add_status)
show = ClientCommand(_show)
log = ClientCommand(_log, _add_log_arguments)
