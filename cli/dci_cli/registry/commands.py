"""`dci registry`: its commands, and what they have in common.

A command is a module whose docstring begins with "`dci registry NAME`: what it does", with `add_arguments` and `run`.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from dci_cli.command_error import CommandError
from dci_cli.registry.bulk import create_from_s3, export, generate
from dci_cli.registry.edit import delete, put, reindex
from dci_cli.registry.importer import command as import_command
from dci_cli.registry.inspect import explain, show, stats, verify
from dci_common.errors import Unavailable


class Command(Protocol):
    """A command's module."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments; `table.add_table` makes `--table`."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it, and return the exit status. Raises CommandError; what AWS can not do becomes one."""


_COMMANDS: dict[str, Command] = {
    "import": import_command,
    "export": export,
    "show": show,
    "explain": explain,
    "put": put,
    "delete": delete,
    "stats": stats,
    "verify": verify,
    "reindex": reindex,
    "generate": generate,
    "create-from-s3": create_from_s3,
}


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the commands to the parser of `dci registry`."""
    commands = parser.add_subparsers(dest="registry_command", required=True)
    for name, module in _COMMANDS.items():
        about = (module.__doc__ or "").splitlines()[0].partition(": ")[2]
        command = commands.add_parser(name, help=about.rstrip("."), description=about)
        module.add_arguments(command)


def run(options: argparse.Namespace) -> int:
    """Run the command that was parsed; its exit status. Raises CommandError."""
    try:
        return _COMMANDS[options.registry_command].run(options)
    except Unavailable as error:
        raise CommandError(error.message) from error
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"The registry can not be used: {error}") from error
    except sqlite3.Error as error:
        raise CommandError(
            f"The temporary file can not be used ({error}): TMPDIR says in which folder it is."
        ) from error
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
