"""The table of commands: the name, the help and the module of each. A module is imported when its command is used."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Protocol, cast


class Command(Protocol):
    """What every command is: a module, or an object in a module, with these two functions."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments."""

    def run(self, options: argparse.Namespace) -> int:
        """Do the work and return the exit status. Raises CommandError."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A command in the table. `location` is a module, or `module:name` for an object in it."""

    help: str
    location: str

    def load(self) -> Command:
        """Import the command."""
        module, _, name = self.location.partition(":")
        found = import_module(f"dci_cli.{module}")
        return cast("Command", getattr(found, name) if name else found)


@dataclass(frozen=True, slots=True)
class Group:
    """Commands with a common first word."""

    help: str
    commands: Mapping[str, Entry]


_KEYS = {
    "list": Entry("list the signing keys", "keys:list_keys"),
    "rotate": Entry("start a rotation of the keys that sign tokens, or messages", "keys:rotate"),
    "revoke": Entry("replace all keys that sign tokens, or messages, because one may be stolen", "keys:revoke"),
}
_CLIENTS = {
    "create": Entry("register a client, and print its secret, which is not shown again", "clients.edit:create"),
    "list": Entry("list the clients", "clients.inspect:list_clients"),
    "show": Entry("show a client", "clients.inspect:show"),
    "update": Entry("change a client", "clients.edit:update"),
    "disable": Entry("reject a client's requests from now on", "clients.edit:disable"),
    "enable": Entry("accept a client's requests again", "clients.edit:enable"),
    "revoke-tokens": Entry("revoke every token that a client holds", "clients.edit:revoke_tokens"),
    "delete": Entry("delete a client; its log stays", "clients.edit:delete"),
    "rotate-secret": Entry(
        "add a secret to a client; the old one expires in seven days", "clients.secrets:rotate_secret"
    ),
    "secrets": Entry("list a client's secrets, without their values", "clients.secrets:list_secrets"),
    "delete-secret": Entry("delete a secret of a client", "clients.secrets:delete_secret"),
    "hand-over": Entry(
        "make a link and a code, with which a partner makes its client's secret itself", "clients.handovers:hand_over"
    ),
    "handovers": Entry("list a client's open handovers", "clients.handovers:list_handovers"),
    "withdraw-handover": Entry("end a handover before it is used", "clients.handovers:withdraw"),
    "log": Entry("show who changed a client, or any of them, and how", "clients.inspect:log"),
}
_APPROVALS = {
    "list": Entry("list the changes that wait for a second person, or waited", "clients.approvals:list_approvals"),
    "show": Entry("show a change that waits, before and after", "clients.approvals:show"),
    "approve": Entry("approve a change that somebody else asked for", "clients.approvals:approve"),
    "reject": Entry("reject a change that waits", "clients.approvals:reject"),
    "withdraw": Entry("withdraw a change that you asked for", "clients.approvals:withdraw"),
}
_OPERATORS = {
    "list": Entry("list the people who have signed in", "operators:list_operators"),
    "disable": Entry("reject a person's requests from now on, whatever their token says", "operators:disable"),
    "enable": Entry("have a person's requests accepted again, once a second person approved it", "operators:enable"),
}
_REGISTRY = {
    "import": Entry(
        "load people, groups and memberships from JSON Lines, CSV and Excel files", "registry.importer.command"
    ),
    "export": Entry("write the registry as canonical JSON Lines", "registry.bulk.export"),
    "show": Entry("show a person or a group, its memberships and its index entries", "registry.inspect.show"),
    "find": Entry("find people and groups by identifier, phone number or name", "registry.inspect.find"),
    "explain": Entry("show how a search would be run, and what it costs", "registry.inspect.explain"),
    "put": Entry("create or replace a few records, given as canonical JSON Lines", "registry.edit.put"),
    "delete": Entry("delete a person, a group, or a membership", "registry.edit.delete"),
    "stats": Entry("count what the registry holds, and how much space it takes", "registry.inspect.stats"),
    "verify": Entry("check that the registry is consistent; exits with 1 if it is not", "registry.inspect.verify"),
    "reindex": Entry("update the keys and index entries of records after an upgrade", "registry.edit.reindex"),
    "generate": Entry("generate a synthetic population, as JSON Lines", "registry.bulk.generate"),
    "create-from-s3": Entry(
        "create a new table of any size from files, by DynamoDB's import from S3", "registry.bulk.create_from_s3"
    ),
    "follow": Entry("keep the registry as the database of another system is", "registry.follow.command"),
}
_EXCHANGE = {
    "list": Entry("list the exchanges that failed or are open, or a client's", "exchange.inspect:list_exchanges"),
    "show": Entry("show an exchange, and the attempts to deliver it", "exchange.inspect:show"),
    "redrive": Entry("have an exchange that failed go on where it stopped", "exchange.redrive"),
    "cancel": Entry("end an exchange that is open", "exchange.cancel:cancel"),
    "paused": Entry("list the clients to which nothing is delivered", "exchange.inspect:paused"),
    "resume": Entry("deliver to a paused client again", "exchange.resume"),
}
_SUBSCRIPTIONS = {
    "list": Entry("list a client's subscriptions, or all by condition", "subscriptions.inspect:list_subscriptions"),
    "show": Entry("show a subscription, without whom it is about", "subscriptions.inspect:show"),
    "cancel": Entry("end a subscription", "subscriptions.cancel:cancel"),
    "resume": Entry("notify a client again whose receiver failed", "subscriptions.resume"),
    "redrive": Entry("send the notifications again that a client did not get", "subscriptions.redrive"),
}
COMMANDS: dict[str, Entry | Group] = {
    "serve": Entry("serve the API on this machine, with a demo registry or your own", "local.command"),
    "bootstrap": Entry("create the first administrator of a deployment", "bootstrap"),
    "audit": Entry("show who saw or changed a person or a group, or what a client saw", "audit.command"),
    "configure": Entry("write a profile: an API, and the client for requests to it", "configure"),
    "login": Entry("sign in as a person, whose name is then on all that the commands do", "sign_in.login"),
    "logout": Entry("end that", "sign_in.logout"),
    "doctor": Entry("check a deployment from outside, and say how to repair it", "doctor.command"),
    "keys": Group("list, rotate and revoke the signing keys of a deployment", _KEYS),
    "clients": Group("administer the partner clients of a deployment", _CLIENTS),
    "approvals": Group("list, show and decide the changes that wait for a second person", _APPROVALS),
    "operators": Group("list, disable and enable the people who administer a deployment", _OPERATORS),
    "exchange": Group("list, redrive and cancel asynchronous exchanges, and resume clients", _EXCHANGE),
    "subscriptions": Group("list, show and cancel subscriptions, and resume notifications", _SUBSCRIPTIONS),
    "registry": Group("load, read, change and check a registry's data", _REGISTRY),
}


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser of all names, and of the arguments of the one command that `arguments` begin with."""
    parser = argparse.ArgumentParser(
        prog="dci", description="Run and administer the SPDCI registry API.", formatter_class=_formatter
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    _add_commands(parser, COMMANDS, arguments)
    return parser


class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from dci_cli.installation import version  # noqa: PLC0415 - imported when it is used

        print(parser.prog, version())
        parser.exit()


def _add_commands(
    parser: argparse.ArgumentParser,
    commands: Mapping[str, Entry | Group],
    arguments: Sequence[str],
) -> None:
    parser.set_defaults(run=partial(_print_commands, parser))  # each command replaces it
    choices = parser.add_subparsers(title="commands", dest="COMMAND", prog=parser.prog)
    for name, entry in commands.items():
        about = f"{entry.help[0].upper()}{entry.help[1:]}."
        added = choices.add_parser(name, help=entry.help, description=about, formatter_class=_formatter)
        if [name] != list(arguments[:1]):
            continue
        if isinstance(entry, Group):
            _add_commands(added, entry.commands, arguments[1:])
        else:
            command = entry.load()
            command.add_arguments(added)
            added.set_defaults(run=command.run)


def _print_commands(parser: argparse.ArgumentParser, _: argparse.Namespace) -> int:
    """Print the help where a command is missing, and return the exit status of a wrong usage."""
    parser.print_help(sys.stderr)
    return 2


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Return what lays out the help: in colour on a terminal, as plain text elsewhere."""
    if not sys.stdout.isatty():
        return argparse.HelpFormatter(prog)
    from rich_argparse import RichHelpFormatter  # noqa: PLC0415 - imported when there is something to draw

    return RichHelpFormatter(prog)
