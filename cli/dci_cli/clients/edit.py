"""`dci clients create`, `update`, `disable`, `enable`, `revoke-tokens` and `delete`."""

from __future__ import annotations

import argparse
from typing import Any

from dci_cli.clients.client_command import (
    ClientCommand,
    add_client_and_yes,
    print_done,
    print_record,
    print_result,
)
from dci_cli.clients.clients_api import ClientsApi, label
from dci_cli.clients.options import add_members, errors_name_options, members_of, take_subject
from dci_cli.command_error import CommandError
from dci_cli.terminal import confirm


def _add_new_client(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s NAME --sender-id ID --scopes SCOPE [SCOPE ...] [option ...]"
    parser.add_argument("name", nargs="?", metavar="NAME", help="the new client's name, which no other client has")
    add_members(parser, are_new=True)


def _add_changes(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s CLIENT [option ...]"
    parser.add_argument("client", nargs="?", metavar="CLIENT", help="the client's id or name")
    parser.add_argument("--name", help="its new name, which no other client has")
    add_members(parser, are_new=False)


def _create(api: ClientsApi, options: argparse.Namespace) -> None:
    name = take_subject(options, "name")
    members = _without_defaults(members_of(options))
    with errors_name_options():
        created = api.create({**members, "name": name})
    print_result(options, created)


def _without_defaults(members: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a new client: it has each default that it does not name."""
    if callbacks := members.get("callbacks"):
        members = {**members, "callbacks": _without_defaults(callbacks)}
    return {name: value for name, value in members.items() if value is not None}


def _update(api: ClientsApi, options: argparse.Namespace) -> None:
    client = take_subject(options, "client")
    members = members_of(options)
    if not members:
        raise CommandError("Nothing to change: give an option such as --scopes registry.search.")
    found = api.find(client)
    with errors_name_options():
        updated = api.update(found, members)
    print_result(options, updated)


def _disable(api: ClientsApi, options: argparse.Namespace) -> None:
    client = api.find(options.client)
    confirm(f"Disable {label(client)}", "changed", assumed=options.yes)
    print_record(options, api.post(client, "disable"))


def _enable(api: ClientsApi, options: argparse.Namespace) -> None:
    print_result(options, api.post(api.find(options.client), "enable"))


def _revoke_tokens(api: ClientsApi, options: argparse.Namespace) -> None:
    client = api.find(options.client)
    confirm(f"Revoke all tokens of {label(client)}", "changed", assumed=options.yes)
    print_record(options, api.post(client, "revoke-tokens"))


def _delete(api: ClientsApi, options: argparse.Namespace) -> None:
    client = api.find(options.client)
    confirm(f"Delete {label(client)}", "deleted", assumed=options.yes)
    api.delete(client)
    print_done(options, f"Deleted {label(client)}.")


create = ClientCommand(_create, _add_new_client)
update = ClientCommand(_update, _add_changes)
disable = ClientCommand(_disable, add_client_and_yes)
enable = ClientCommand(_enable)
revoke_tokens = ClientCommand(_revoke_tokens, add_client_and_yes)
delete = ClientCommand(_delete, add_client_and_yes)
