"""`dci keys`: the signing keys of a deployment, listed, rotated and revoked through its API."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from dci_cli.api import Reply, add_api_options, api_of
from dci_cli.command_error import CommandError
from dci_cli.terminal import Column, add_json_option, confirm, print_json, print_table

_COLUMNS = ("signs", "state", "alg", "since", "until", "kid")


@dataclass(frozen=True, slots=True)
class KeyList:
    """The command that lists the keys."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the API and `--json`."""
        add_api_options(parser)
        add_json_option(parser)

    def run(self, options: argparse.Namespace) -> int:
        """List the keys that sign tokens, then those that sign messages. Raises CommandError."""
        keys = _content(api_of(options).get("/keys"))["keys"]
        if options.json:
            print_json(keys)
        else:
            rows = [[str(key.get(column, "")) for column in _COLUMNS] for key in keys]
            print_table([Column(column) for column in _COLUMNS], rows)
        return 0


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A command that starts a rotation of one ring: its action in the API, and its texts for tokens and messages."""

    action: str
    started: tuple[str, str]
    question: tuple[str, str] | None = None  # which is asked first

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the API, the ring, `--json`, and `--yes` where a question is asked."""
        add_api_options(parser)
        parser.add_argument(
            "--messages", action="store_true", help="the keys that sign messages, not those that sign tokens"
        )
        if self.question:
            parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
        add_json_option(parser)

    def run(self, options: argparse.Namespace) -> int:
        """Start the rotation. Raises CommandError."""
        if self.question:
            confirm(self.question[options.messages], "revoked", assumed=options.yes)
        ring = "/keys/messages" if options.messages else "/keys"
        content = _content(api_of(options).post(f"{ring}/{self.action}"))
        if options.json:
            print_json(content)
        else:
            print(self.started[options.messages])
        return 0


def _content(reply: Reply) -> dict[str, Any]:
    content = reply.json
    if isinstance(content, dict) and reply.status in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
        return content
    raise CommandError(reply.error or f"The API answered with status {reply.status}.")


_ROTATION = "The rotation has started; dci keys list shows its result in a moment."

list_keys = KeyList()
rotate = KeyChange("rotate", (_ROTATION, _ROTATION))
revoke = KeyChange(
    "revoke",
    (
        "All keys are being replaced; within a minute no token that they signed is accepted. See dci keys list.",
        "All keys of messages are being replaced; they are published no longer. See dci keys list.",
    ),
    (
        "Replace all keys that sign tokens, and so end every client's tokens",
        "Replace all keys that sign messages, so that nobody can verify any more what they signed",
    ),
)
