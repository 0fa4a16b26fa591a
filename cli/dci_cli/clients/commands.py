"""`dci clients`: its commands."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

from dci_cli.api import add_api_options, api_of
from dci_cli.clients.administrator import Administrator
from dci_cli.clients.options import add_members, members_of
from dci_cli.clients.tables import sheet, table
from dci_cli.command_error import CommandError
from dci_cli.confirm import confirm

LOCAL = "http://127.0.0.1:3000"  # where `dci serve` answers
_CLIENTS = ("name", "client_id", "status", "scopes", "sender_id")
_SECRETS = ("secret_id", "created", "expires", "last_used")
_LOG = ("at", "act", "by", "version", "secret_id", "changes")

_COMMANDS = {
    "create": "register a client, and print its secret this once",
    "list": "list the clients",
    "show": "show a client",
    "update": "change a client",
    "disable": "refuse a client from now on",
    "enable": "let a client in again",
    "revoke-tokens": "end every token that a client holds",
    "delete": "delete a client; its log stays",
    "rotate-secret": "give a client a new secret beside the old one, which ends in seven days",
    "secrets": "list a client's secrets, without the secrets",
    "delete-secret": "delete a secret of a client",
    "log": "show who did what to a client",
}


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the commands with their options."""
    commands = parser.add_subparsers(dest="clients_command", required=True)
    for name, what in _COMMANDS.items():
        command = commands.add_parser(name, help=what, description=f"{what.capitalize()}.")
        add_api_options(command)
        command.add_argument("--json", action="store_true", help="print JSON instead of a table")
        if name not in {"create", "list"}:
            command.add_argument("client", metavar="CLIENT", help="the client's id")
        _add_own(name, command)


def _add_own(name: str, command: argparse.ArgumentParser) -> None:
    match name:
        case "create":
            command.add_argument("name", metavar="NAME", help="its name, which nobody else has")
            add_members(command, are_new=True)
        case "update":
            command.add_argument("--name", help="its name, which nobody else has")
            add_members(command, are_new=False)
        case "list":
            command.add_argument("--status", choices=("enabled", "disabled"), help="those of this status alone")
        case "rotate-secret":
            command.add_argument(
                "--old-expires-in", type=int, metavar="SECONDS", help="when the old secret ends; 0 is at once"
            )
        case "delete-secret":
            command.add_argument("secret_id", metavar="SECRET", help="the secret's id, which `secrets` shows")
    if name in {"disable", "revoke-tokens", "delete", "delete-secret", "rotate-secret"}:
        command.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> int:
    """Run a command. Raises CommandError."""
    options.api = options.api or LOCAL
    administrator = Administrator(api_of(options))
    match options.clients_command:
        case "list":
            clients = administrator.clients(options.status)
            _print(options, clients, lambda: table(_CLIENTS, clients))
        case "log":
            log = administrator.log(options.client)
            _print(options, log, lambda: table(_LOG, log))
        case "secrets":
            secrets = administrator.secrets(options.client)
            _print(options, secrets, lambda: table(_SECRETS, secrets))
        case "delete" | "delete-secret":
            _delete(options, administrator)
        case _:
            record = _changed(options, administrator)
            _print(options, record, lambda: sheet(record))
    return 0


def _changed(options: argparse.Namespace, administrator: Administrator) -> dict[str, object]:
    record: dict[str, object]
    match options.clients_command:
        case "create":
            record = administrator.create(members_of(options))
        case "update":
            members = members_of(options)
            if not members:
                raise CommandError("Say what to change, such as --scopes registry.search.")
            record = administrator.update(options.client, members)
        case "rotate-secret":
            if options.old_expires_in == 0:
                confirm(f"End the secret of the client {options.client} at once", "changed", assumed=options.yes)
            record = administrator.add_secret(options.client, options.old_expires_in)
        case "disable":
            confirm(f"Disable the client {options.client}", "changed", assumed=options.yes)
            record = administrator.act(options.client, "disable")
        case "revoke-tokens":
            confirm(f"End all tokens of the client {options.client}", "changed", assumed=options.yes)
            record = administrator.act(options.client, "revoke-tokens")
        case "enable":
            record = administrator.act(options.client, "enable")
        case _:
            record = administrator.show(options.client)
    return record


def _delete(options: argparse.Namespace, administrator: Administrator) -> None:
    client = administrator.show(options.client)  # so that nobody is asked about what is not there
    if options.clients_command == "delete":
        what = f"the client {client['name']} ({options.client})"
        confirm(f"Delete {what}", "deleted", assumed=options.yes)
        administrator.delete(client)
    else:
        what = f"the secret {options.secret_id} of the client {client['name']}"
        confirm(f"Delete {what}", "deleted", assumed=options.yes)
        administrator.delete_secret(options.client, options.secret_id)
    _print(options, {}, lambda: f"Deleted {what}.")


def _print(options: argparse.Namespace, content: object, text: Callable[[], str]) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False) if options.json else text())
