"""`dci registry find`: find people and groups by an identifier, a phone number or a name.

Names match as in searches, from their beginning: a surname, a given name, or the whole name in either order. The
output is personal data, and has restricted people too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dci_cli.command_error import CommandError
from dci_cli.numbers import positive
from dci_cli.registry.support.record_lookup import by_identifier, by_phone, record_pk, records
from dci_cli.registry.support.registry_table import UNLIMITED, add_table, registry_command, runtime_of
from dci_cli.terminal import Column, add_json_option, print_json, print_table
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.search_plan import Visibility
from dci_common.registry.query.sort import Window
from dci_common.registry.query.tree import Compare, Query, any_of
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistrySettings, RegistryStore, Stored
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime

_LIMIT = 20
_NAMES = ("name", "surname", "given_name")
_COLUMNS = tuple(map(Column, ("kind", "id", "name", "birth date", "")))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is looked for, and `--limit`."""
    add_table(parser)
    parser.add_argument(
        "identifier", nargs="*", default=[], metavar="TYPE VALUE", help="an identifier, such as UIN 847951632"
    )
    parser.add_argument("--phone", metavar="NUMBER", help="a phone number, in national or international form")
    parser.add_argument("--name", metavar="TEXT", help="a surname, a given name or a whole name, or its beginning")
    parser.add_argument(
        "--limit",
        type=positive,
        default=_LIMIT,
        metavar="N",
        help=f"how many are shown of a name (default: {_LIMIT})",
    )
    add_json_option(parser)


@registry_command
def run(options: argparse.Namespace) -> int:
    """Print who was found; return 1 when nobody was. Raises CommandError."""
    given = [bool(options.identifier), options.phone is not None, options.name is not None]
    if sum(given) != 1 or len(options.identifier) not in {0, 2}:
        raise CommandError(
            "Give one of TYPE VALUE, --phone NUMBER and --name TEXT; a type or value with spaces is put in quotes."
        )
    found, total = _find(runtime_of(options), options)
    rows = list(map(_shown, found))
    if options.json:
        print_json(rows)
    elif rows:
        print_table(_COLUMNS, list(map(_cells, rows)))
    if total > len(rows):
        print(f"{total - len(rows):,} more: give more of the name, or a larger --limit.", file=sys.stderr)
    if not rows:
        print("Nobody was found.", file=sys.stderr)
    return 0 if rows else 1


def _find(runtime: OperatorRuntime, options: argparse.Namespace) -> tuple[list[Stored], int]:
    """Return the records that are shown, and how many there are."""
    store = RegistryStore(runtime)
    if options.name is not None:
        return _by_name(runtime, store, options.name, options.limit)
    found = by_phone(store, options.phone) if options.phone is not None else by_identifier(store, *options.identifier)
    return found, len(found)


def _by_name(runtime: OperatorRuntime, store: RegistryStore, text: str, limit: int) -> tuple[list[Stored], int]:
    settings = store.settings()
    beginnings = _beginnings(settings, text)
    if not beginnings:
        raise CommandError("--name must have a letter or a digit.")
    engine, today = SearchEngine(store, SOCIAL_CATALOGUE), day(runtime.clock())
    found: list[str] = []
    total = 0
    for kind in Kind:
        attributes = [row for row in SOCIAL_CATALOGUE.rows if row.name in _NAMES and kind in row.slots]
        tree = any_of(Compare(row, "prefix", (text,)) for row in attributes for text in beginnings)
        visibility = Visibility(settings.shards, restricted=True)
        page = engine.search(Query(kind, tree, today), visibility, Window(0, limit), Budget(UNLIMITED))
        found += [keys.record_pk(kind, view["id"]) for view in page.views]
        total += page.total
    return records(store, found[:limit]), total


def _beginnings(settings: RegistrySettings, text: str) -> list[str]:
    """Return the matched forms of a name in both orders of its words, by the rules of now and former ones."""
    first, *others = text.split() or [""]
    orders = (text, " ".join([*others, first]))
    forms = (rules.text(order) for rules in (settings.rules, *settings.former) for order in orders)
    return list(dict.fromkeys(filter(None, forms)))


def _shown(stored: Stored) -> dict[str, Any]:
    view = stored.view
    name = view.get("name", "")
    whole = name if isinstance(name, str) else " ".join(_parts(name))
    return {
        "kind": stored.kind.lower(),
        "id": stored.id,
        "key": record_pk(stored),
        "name": whole,
        "birth_date": view.get("birth_date"),
        "restricted": bool(view.get("restricted")),
    }


def _parts(name: dict[str, str]) -> Iterator[str]:
    return (name[part] for part in ("given_name", "second_name", "surname") if part in name)


def _cells(row: dict[str, Any]) -> list[str]:
    return [row["kind"], row["id"], row["name"], row["birth_date"] or "", "restricted" if row["restricted"] else ""]
