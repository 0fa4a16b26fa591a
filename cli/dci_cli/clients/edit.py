"""`dci clients create`, `update`, `disable`, `enable`, `revoke-tokens` and `delete`."""

from __future__ import annotations

import argparse

from dci_cli.clients.client_command import (
    ClientCommand,
    add_client,
    add_client_and_yes,
    print_done,
    print_record,
)
from dci_cli.clients.clients_api import ClientsApi
from dci_cli.clients.options import add_members, members_of
from dci_cli.command_error import CommandError
from dci_cli.terminal import confirm


def _add_new_client(parser: argparse.ArgumentParser) -> None:
    _show_names_first(parser, "NAME --sender-id ID --scopes SCOPE [SCOPE ...]")
    parser.add_argument("name", metavar="NAME", help="the new client's name, which no other client has")
    add_members(parser, are_new=True)


def _add_changes(parser: argparse.ArgumentParser) -> None:
    _show_names_first(parser, "CLIENT")
    add_client(parser)
    parser.add_argument("--name", help="its new name, which no other client has")
    add_members(parser, are_new=False)


def _show_names_first(parser: argparse.ArgumentParser, required: str) -> None:
    """Show a usage that works: a name after `--scopes` would be another scope."""
    parser.usage = f"%(prog)s {required} [option ...]"


def _create(api: ClientsApi, options: argparse.Namespace) -> None:
    print_record(options, api.create(members_of(options)))


def _update(api: ClientsApi, options: argparse.Namespace) -> None:
    members = members_of(options)
    if not members:
        raise CommandError("Nothing to change: give an option such as --scopes registry.search.")
    print_record(options, api.update(options.client, members))


def _disable(api: ClientsApi, options: argparse.Namespace) -> None:
    confirm(f"Disable the client {options.client}", "changed", assumed=options.yes)
    print_record(options, api.post(options.client, "disable"))


def _enable(api: ClientsApi, options: argparse.Namespace) -> None:
    print_record(options, api.post(options.client, "enable"))


def _revoke_tokens(api: ClientsApi, options: argparse.Namespace) -> None:
    confirm(f"Revoke all tokens of the client {options.client}", "changed", assumed=options.yes)
    print_record(options, api.post(options.client, "revoke-tokens"))


def _delete(api: ClientsApi, options: argparse.Namespace) -> None:
    client = api.show(options.client)  # a client that does not exist is reported before the question
    client_of_question = f"the client {client['name']} ({options.client})"
    confirm(f"Delete {client_of_question}", "deleted", assumed=options.yes)
    api.delete(client)
    print_done(options, f"Deleted {client_of_question}.")


create = ClientCommand(_create, _add_new_client)
update = ClientCommand(_update, _add_changes)
disable = ClientCommand(_disable, add_client_and_yes)
enable = ClientCommand(_enable)
revoke_tokens = ClientCommand(_revoke_tokens, add_client_and_yes)
delete = ClientCommand(_delete, add_client_and_yes)
