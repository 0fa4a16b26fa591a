"""`dci keys`: the signing keys of a deployment, listed, rotated and revoked through its API."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from dci_cli.api import Api, Reply, add_api_options, api_of
from dci_cli.command_error import CommandError
from dci_cli.terminal import Column, add_json_option, confirm, print_json, print_table

_COLUMNS = ("state", "alg", "since", "until", "kid")


@dataclass(frozen=True, slots=True)
class KeyCommand:
    """A command about the keys: the request that it sends, and how it prints the answer for people."""

    send: Callable[[Api], Reply]
    show: Callable[[dict[str, Any]], None]
    question: str = ""  # which is asked first

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the API, `--json`, and `--yes` where a question is asked."""
        add_api_options(parser)
        if self.question:
            parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
        add_json_option(parser)

    def run(self, options: argparse.Namespace) -> int:
        """Send the request, and print the answer. Raises CommandError."""
        if self.question:
            confirm(self.question, "revoked", assumed=options.yes)
        content = _content(self.send(api_of(options)))
        if options.json:
            print_json(content.get("keys", content))
        else:
            self.show(content)
        return 0


def _content(reply: Reply) -> dict[str, Any]:
    content = reply.json
    if isinstance(content, dict) and reply.status in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
        return content
    raise CommandError(reply.error or f"The API answered with status {reply.status}.")


def _print_keys(content: dict[str, Any]) -> None:
    rows = [[str(key.get(column, "")) for column in _COLUMNS] for key in content["keys"]]
    print_table([Column(column) for column in _COLUMNS], rows)


def _print_revocation(_: dict[str, Any]) -> None:
    print("All keys are being replaced; within a minute no token that they signed is accepted. See dci keys list.")


def _print_rotation(_: dict[str, Any]) -> None:
    print("The rotation has started; dci keys list shows its result in a moment.")


list_keys = KeyCommand(lambda api: api.get("/keys"), _print_keys)
rotate = KeyCommand(lambda api: api.post("/keys/rotate"), _print_rotation)
revoke = KeyCommand(
    lambda api: api.post("/keys/revoke"),
    _print_revocation,
    "Replace all signing keys, and so end every client's tokens",
)
