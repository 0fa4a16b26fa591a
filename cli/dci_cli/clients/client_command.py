"""What the commands of `dci clients` share: their options, and how they print a client or a list."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dci_cli.api import add_api_options, api_of
from dci_cli.clients.clients_api import ClientsApi
from dci_cli.terminal import Column, add_json_option, print_json, print_sheet, print_table

Record = Mapping[str, Any]
_LONG = {"name", "changes", "reason"}  # texts, which wrap; an id never does


def add_client(parser: argparse.ArgumentParser) -> None:
    """Add the client."""
    parser.add_argument("client", metavar="CLIENT", help="the client's id or name")


def add_client_and_yes(parser: argparse.ArgumentParser) -> None:
    """Add the client, and the answer to the question."""
    add_client(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


@dataclass(frozen=True, slots=True)
class ClientCommand:
    """A command of `dci clients`: what it does and prints, and its own arguments."""

    act: Callable[[ClientsApi, argparse.Namespace], None]
    add_own_arguments: Callable[[argparse.ArgumentParser], None] = add_client

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the API, `--json`, and the command's own arguments."""
        add_api_options(parser)
        add_json_option(parser)
        self.add_own_arguments(parser)

    def run(self, options: argparse.Namespace) -> int:
        """Do it, and print the result. Raises CommandError."""
        self.act(ClientsApi(api_of(options)), options)
        return 0


def print_records(options: argparse.Namespace, columns: Sequence[str], records: Sequence[Record]) -> None:
    """Print records in a table with these of their members, or as JSON with all of them."""
    if options.json:
        print_json(records)
        return
    headings = [Column(column.replace("_", " "), wraps=column in _LONG) for column in columns]
    print_table(headings, [[text_of(record.get(column, "")) for column in columns] for record in records])


def print_record(options: argparse.Namespace, record: Record) -> None:
    """Print a record with a line for each member, or as JSON."""
    if options.json:
        print_json(record)
    else:
        print_sheet(list(_members(record)))


def print_result(options: argparse.Namespace, result: Record) -> None:
    """Print a client as it is after a change; or, where the change waits for a second person, that it does."""
    if options.json or "approval_id" not in result:
        print_record(options, result)
    else:
        print(result["message"])
        print(f"It waits as approval {result['approval_id']}: see `dci approvals show {result['approval_id']}`.")


def print_done(options: argparse.Namespace, sentence: str) -> None:
    """Print what was done, or an empty JSON object."""
    if options.json:
        print_json({})
    else:
        print(sentence)


def _members(record: Record) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        if name == "flags":
            yield from _members(value)
        elif name == "callbacks":
            yield from ((f"callback {part}", text) for part, text in _members(value) if text)
        else:
            yield name.replace("_", " "), text_of(value)


def text_of(value: object) -> str:
    """Return a value as a cell of a table or a sheet: a list of texts as words, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    return json.dumps(value, ensure_ascii=False)
