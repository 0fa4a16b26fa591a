"""`dci registry stats`: count what the registry holds, and how much space it takes.

It reads the whole table. Sizes are in bytes as DynamoDB computes them, without the indexes.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dci_cli.registry.support.follow_text import clock_time, duration
from dci_cli.registry.support.registry_table import add_table, pages, registry_command, runtime_of
from dci_cli.terminal import Column, add_json_option, print_json, print_table
from dci_common.aws.dynamodb import Item
from dci_common.registry.model.base import Kind
from dci_common.registry.storage import keys
from dci_common.registry.storage.follow_status import FollowStatus
from dci_common.registry.storage.store import RegistryStore

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime

_OTHERS = {"REGISTRY": "settings", "IDENTIFIER": "identifiers", "PHONE": "phone numbers", "EMAIL": "e-mail addresses"}
_COLUMNS = (
    Column("items"),
    *(Column(heading, is_number=True) for heading in ("number", "bytes on average", "largest", "together")),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    add_table(parser)
    add_json_option(parser)


@registry_command
def run(options: argparse.Namespace) -> int:
    """Print the counts."""
    runtime = runtime_of(options)
    shards = RegistryStore(runtime).settings().shards
    counts = Counts(item for page in pages(runtime) for item in page["Items"])
    shown = {"shards": shards, **counts.as_json(), **_followed(runtime)}
    if options.json:
        print_json(shown)
    else:
        print("\n".join(_summary(shown)))
        print_table(_COLUMNS, [_row(sort, size) for sort, size in shown["items"].items()])
    return 0


def _followed(runtime: OperatorRuntime) -> dict[str, Any]:
    """Return which database the registry follows, and how old its data is; nothing if it follows none."""
    status, now = FollowStatus.read(runtime), runtime.clock()
    if not status.database:
        return {}
    found = {
        "database": status.database,
        "version": status.version,
        "is_following": status.is_following,
        "as_of": clock_time(status.moment) if status.moment else None,
        "age_seconds": round(now - status.moment) if status.moment else None,
        "problems": status.problems,
    }
    return {"follows": {**found, "last_failure": status.outcome or None}}


class Counts:
    """The counts of all items of a registry, given with the items of each partition together."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._sizes: defaultdict[str, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))  # items, bytes, largest
        self._types: Counter[str] = Counter()
        self._restricted = self._unfinished = 0
        self._largest = (0, "")
        for pk, partition in groupby(items, key=lambda item: str(item["pk"]["S"])):
            members = {item["sk"]["S"].split("#")[1] for item in partition if self._count(pk, item)}
            self._largest = max(self._largest, (len(members), pk.partition("#")[2]))

    def as_json(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        people, groups, sides = (self._sizes[sort][0] for sort in ("people", "groups", "memberships"))
        return {
            "people": people,
            "restricted": self._restricted,
            "groups": groups,
            "memberships": sides // 2,
            "largest_group": {"id": self._largest[1], "members": self._largest[0]},
            "unfinished_writes": self._unfinished,
            "identifiers": dict(sorted(self._types.items())),
            "items": {
                sort: {"items": items, "bytes": size, "largest": largest}
                for sort, (items, size, largest) in sorted(self._sizes.items())
                if items
            },
        }

    def _count(self, pk: str, item: Item) -> bool:
        """Count an item, and return whether it is a member of a group."""
        prefix, _, rest = pk.partition("#")
        sort, size = _sort(prefix, item), sum(len(name) + _size(value) for name, value in item.items())
        items, total, largest = self._sizes[sort]
        self._sizes[sort] = (items + 1, total + size, max(largest, size))
        if sort == "identifiers":
            self._types[rest.partition("#")[0]] += 1
        self._restricted += item.get("shard", {}).get("S") == keys.restricted_shard(Kind.PERSON)
        self._unfinished += "pending" in item
        return sort == "memberships" and prefix == Kind.GROUP


def _sort(prefix: str, item: Item) -> str:
    if "facets" in item:
        return "people" if prefix == Kind.PERSON else "groups"
    if item["sk"]["S"].startswith("BODY#"):
        return "parts of bodies"
    return _OTHERS.get(prefix, "memberships")


def _size(value: dict[str, Any]) -> int:
    """Return the size of a value in bytes, as DynamoDB computes it."""
    ((type_, content),) = value.items()
    match type_:
        case "S":
            return len(content.encode())
        case "N":
            return len(content) // 2 + 2
        case "BOOL":
            return 1
        case "SS":
            return sum(len(text.encode()) for text in content)
        case "L":
            return 3 + sum(1 + _size(part) for part in content)
        case _:
            return 3 + sum(1 + len(name) + _size(part) for name, part in content.items())


def _summary(shown: dict[str, Any]) -> Iterator[str]:
    group = shown["largest_group"]
    yield _line("people", shown["people"]) + f"   of whom restricted: {shown['restricted']:,}"
    yield _line("groups", shown["groups"]) + f"   the largest: {group['id']} with {group['members']:,} members"
    yield _line("memberships", shown["memberships"])
    yield _line("unfinished writes", shown["unfinished_writes"])
    yield _line("shards", shown["shards"])
    if follows := shown.get("follows"):
        yield f"{'follows':<20}{follows['version']}, {_age(follows)}"
    yield "identifiers"
    yield from (_line(f"  {type_}", number) for type_, number in shown["identifiers"].items())


def _age(follows: dict[str, Any]) -> str:
    if not follows["as_of"]:
        return "not loaded yet"
    return (
        f"{duration(follows['age_seconds'])} old"
        if follows["is_following"]
        else f"loaded once, as of {follows['as_of']}"
    )


def _row(sort: str, size: dict[str, int]) -> list[str]:
    numbers = (size["items"], round(size["bytes"] / size["items"]), size["largest"], size["bytes"])
    return [f"  {sort}", *(f"{number:,}" for number in numbers)]


def _line(name: str, number: int) -> str:
    return f"{name:<20}{number:>14,}"
