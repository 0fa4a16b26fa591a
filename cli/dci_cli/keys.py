"""`dci keys`: the signing keys of a deployment, seen and rotated through its API."""

from __future__ import annotations

import argparse
import json
from http import HTTPStatus
from typing import Any

from dci_cli.api import Reply, add_api_options, api_of
from dci_cli.command_error import CommandError

_COLUMNS = ("state", "alg", "since", "until", "kid")
_WIDTHS = (8, 6, 25, 25)


def add_keys(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `dci keys`."""
    parser.add_argument("action", choices=("list", "rotate"), help="show the keys, or start a rotation of them")
    add_api_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def keys(options: argparse.Namespace) -> int:
    """Show the keys, or start a rotation. Raises CommandError."""
    api = api_of(options)
    rotates = options.action == "rotate"
    content = _content(api.post("/keys/rotate") if rotates else api.get("/keys"))
    if options.json:
        print(json.dumps(content, indent=2))
    elif rotates:
        print("The rotation has started; dci keys list shows its outcome in a moment.")
    else:
        print(*map(_line, [dict(zip(_COLUMNS, _COLUMNS, strict=True)), *content["keys"]]), sep="\n")
    return 0


def _line(key: dict[str, str]) -> str:
    *cells, last = (key.get(column, "") for column in _COLUMNS)
    return "  ".join([*(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)), last])


def _content(reply: Reply) -> dict[str, Any]:
    content = reply.json
    if isinstance(content, dict) and reply.status in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
        return content
    try:
        message = content["errors"][0]["message"]
    except (TypeError, KeyError, IndexError):
        message = f"it answered with status {reply.status}."
    raise CommandError(f"The API could not do it: {message}")
