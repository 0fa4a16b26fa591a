"""`dci registry show`: show a person or a group, its memberships and its index entries."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dci_cli.registry.support.record_lookup import ID_OR_IDENTIFIER, find_record
from dci_cli.registry.support.registry_table import add_table, registry_command, runtime_of
from dci_cli.terminal import add_json_option, print_json
from dci_common.aws.dynamodb import batch_get
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, own_fields
from dci_common.registry.storage import keys
from dci_common.registry.storage.items import lookup_items
from dci_common.registry.storage.store import RegistryStore, Stored

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_COLUMN = 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the record's id, and `--json`."""
    add_table(parser)
    parser.add_argument("record", nargs="+", metavar="RECORD", help=ID_OR_IDENTIFIER)
    add_json_option(parser)


@registry_command
def run(options: argparse.Namespace) -> int:
    """Print the record. Raises CommandError."""
    runtime = runtime_of(options)
    shown = _describe(runtime, find_record(RegistryStore(runtime), options.record))
    if options.json:
        print_json(shown)
    else:
        print("\n".join(_readable(shown)))
    return 0


def _describe(runtime: Runtime, stored: Stored) -> dict[str, Any]:
    return {
        "kind": stored.kind.lower(),
        "id": stored.id,
        "version": stored.version,
        **({"unfinished": stored.pending} if stored.pending else {}),
        "record": own_fields(stored.view),
        "memberships": [_membership(stored, entry) for entry in _entries(stored)],
        "found_by": _found_by(runtime, stored),
    }


def _entries(stored: Stored) -> list[View]:
    entries: list[View] = stored.view["households" if stored.kind is Kind.PERSON else "members"]
    return entries


def _membership(stored: Stored, entry: View) -> dict[str, Any]:
    other = "group_id" if stored.kind is Kind.PERSON else "person_id"
    return {other: entry["id"], **{name: entry[name] for name in ("roles", "start", "end") if name in entry}}


def _found_by(runtime: Runtime, stored: Stored) -> list[str]:
    """Return the index entries that the table has for a record: lookups, and the slots of its index partition."""
    table, settings = runtime.settings.registry_table, RegistryStore(runtime).settings()
    items = lookup_items(stored.kind, stored.view, settings.rules, *settings.former)
    lookups = [{"pk": item["pk"], "sk": item["sk"]} for item in items.values()]
    found_items = batch_get(runtime, table, [*lookups, keys.record_key(stored.kind, stored.id)])
    own = keys.record_pk(stored.kind, stored.id)
    found = [item["pk"]["S"] for item in found_items if item.get("owner", {}).get("S") == own]
    slots = [
        f"{item['shard']['S']} {name} {value['S']}"
        for item in found_items
        if "shard" in item
        for name, value in item.items()
        if name[0] == "x"
    ]
    return sorted(found) + sorted(slots)


def _readable(shown: dict[str, Any]) -> Iterator[str]:
    yield f"{shown['kind']} {shown['id']}, version {shown['version']}"
    if "unfinished" in shown:
        yield f"  Its last write ({shown['unfinished']}) was interrupted: dci registry reindex completes it."
    for name, value in shown["record"].items():
        if name != "id":
            yield from _row(name, value if isinstance(value, list) else [value])
    if shown["memberships"]:
        yield "belongs to" if shown["kind"] == "person" else "members"
    for membership in shown["memberships"]:
        yield from _row(next(iter(membership.values())), [_text(_terms(membership))])
    yield "found by"
    yield from (f"  {key}" for key in shown["found_by"])


def _terms(membership: dict[str, Any]) -> list[str]:
    """Return the roles of a membership, and its first and last day."""
    days = [
        f"{word} {membership[name]}" for name, word in (("start", "from"), ("end", "until")) if name in membership
    ]
    return [*membership.get("roles", ()), *days]


def _row(name: str, values: list[Any]) -> Iterator[str]:
    for number, value in enumerate(values):
        label = "" if number else name
        yield f"  {label:<{_COLUMN - 1}} {_text(value)}".rstrip()


def _text(value: object) -> str:
    if isinstance(value, dict):
        if value.keys() == {"identifier_type", "identifier_value"}:
            return " ".join(value.values())
        return ", ".join(f"{name} {_text(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return json.dumps(value) if isinstance(value, bool) else str(value)
