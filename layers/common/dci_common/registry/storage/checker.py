"""Checking that a registry agrees with itself: bodies, lookups, memberships, facets and slots.

All that the table holds of a record follows from its body. So each record must have just the items that follow, each
item must be one of a record's, and records that show each other must show what the other one is.

The check walks the table once, and reads what each page refers to, so that it needs little memory whatever the
registry's size. It may run while others write: what it then sees halfway is looked at again before it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dci_common.aws.dynamodb import batch_get, pages
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Membership
from dci_common.registry.model.views import View, household_entry, member_entry, membership_fields, own_fields
from dci_common.registry.storage import keys
from dci_common.registry.storage.items import (
    Item,
    Ref,
    identifier_types,
    lookup_items,
    membership_items,
    part_keys,
    record_items,
    ref_of,
)
from dci_common.registry.storage.store import RegistrySettings, RegistryStore, Stored, read_record

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_LOOKS = 3  # at what seems wrong: perhaps a write was under way
_PAGE = 500  # items: each refers to others, some of them large
_RECORD_PREFIXES = tuple(f"{kind}#" for kind in Kind)
_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)  # what reading a body that nobody wrote may raise


@dataclass(frozen=True, slots=True)
class _Around:
    """What some items are checked against."""

    settings: RegistrySettings
    records: Mapping[str, Stored]  # that the items belong to, and those that these show, by their partition
    due: Mapping[str, Mapping[Ref, Item]]  # the items that each of the former must have
    there: Mapping[Ref, Item]  # the items, and what there is of those that the records among them must have


class Checker:
    """Finds what does not agree. A finding names items by their keys, and tells nothing else of a record."""

    def __init__(self, runtime: Runtime) -> None:
        self._dynamodb = runtime.dynamodb
        self._table = runtime.settings.registry_table
        self._store = RegistryStore(runtime)
        self._store.settings()

    def findings(self) -> Iterator[str]:
        """Check the whole table, and tell each disagreement in a sentence."""
        for page in pages(self._dynamodb.scan, TableName=self._table, ConsistentRead=True, Limit=_PAGE):
            found = self._look(page["Items"])
            for _ in range(_LOOKS - 1):
                found = self._look(self._items(found).values()) if found else found
            for (pk, sk), findings in found.items():
                yield from (f"{pk} {sk}: {finding}" for finding in findings)

    def _look(self, items: Iterable[Item]) -> dict[Ref, list[str]]:
        """Return what is wrong with each of these items that is not right."""
        seen = {ref_of(item): item for item in items}
        around = self._around(seen)
        return {ref: findings for ref, item in seen.items() if (findings := list(_check(item, around)))}

    def _around(self, seen: dict[Ref, Item]) -> _Around:
        settings = self._store.settings()
        owners = {(_owner(item), keys.RECORD) for item in seen.values()}
        unseen = self._items(ref for ref in owners - seen.keys() if ref[0].startswith(_RECORD_PREFIXES))
        records = self._records({ref: item for ref, item in (seen | unseen).items() if ref in owners})
        due = {}
        for pk, stored in records.items():
            with suppress(*_UNREADABLE):
                due[pk] = _items_of(stored, settings.shards)
        checked = [pk for pk in due if (pk, keys.RECORD) in seen]
        shown = {_other_pk(records[pk], entry) for pk in checked for entry in _entries(records[pk].view)}
        others = self._records(self._items((pk, keys.RECORD) for pk in shown - records.keys()))
        there = seen | self._items({ref for pk in checked for ref in due[pk]} - seen.keys())
        return _Around(settings, records | others, due, there)

    def _records(self, items: Mapping[Ref, Item]) -> dict[str, Stored]:
        """Read records, by their partition; those that can not be read are left out."""
        keys_of_parts = []
        for item in items.values():
            with suppress(*_UNREADABLE):
                keys_of_parts += part_keys(item)
        parts = self._items(map(ref_of, keys_of_parts))
        found = {}
        for (pk, _), item in items.items():
            with suppress(*_UNREADABLE):
                found[pk] = read_record(item, parts)
        return found

    def _items(self, refs: Iterable[Ref]) -> dict[Ref, Item]:
        wanted = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in refs]
        return {ref_of(item): item for item in batch_get(self._dynamodb, self._table, wanted)}


def _owner(item: Item) -> str:
    """Return the partition of the record to which an item belongs."""
    return str((item.get("owner") or item["pk"]).get("S", ""))


def _items_of(stored: Stored, shards: int) -> dict[Ref, Item]:
    """Build all items that a record must have, by their keys."""
    view = stored.view
    items = record_items(stored.kind, view, shards, stored.as_of, version=stored.version, pending=stored.pending)
    sides = [item for entry in _entries(view) for item in membership_items(_membership(stored, entry))]
    own = [*items, *(side for side in sides if side["pk"] == items[0]["pk"])]
    return {ref_of(item): item for item in own} | lookup_items(stored.kind, view)


def _check(item: Item, around: _Around) -> Iterator[str]:
    ref, owner = ref_of(item), _owner(item)
    if ref == ref_of(keys.REGISTRY_KEY):
        return
    if owner not in around.due:
        yield "can not be read as it is" if ref == (owner, keys.RECORD) else "belongs to no record that can be read"
    elif ref not in around.due[owner]:
        yield f"is not an item of {owner}"
    elif ref == (owner, keys.RECORD):
        yield from _check_record(around.records[owner], around)


def _check_record(stored: Stored, around: _Around) -> Iterator[str]:
    own = keys.record_pk(stored.kind, stored.id)
    for ref, due in around.due[own].items():
        there = around.there.get(ref, {})
        if there != due:
            names = sorted(name for name in due.keys() | there.keys() if due.get(name) != there.get(name))
            what = f"its {', '.join(names)}" if ref == (own, keys.RECORD) else " ".join(ref)
            yield f"{what}: missing, or not what follows from the body"
    if stored.pending:
        yield f"a long write of it ({stored.pending}) is under way or was interrupted"
    for type_ in sorted(identifier_types(stored.view) - around.settings.identifier_types):
        yield f"the registry does not know its identifier type {type_}"
    for entry in _entries(stored.view):
        yield from _check_entry(stored, entry, around)


def _check_entry(stored: Stored, entry: View, around: _Around) -> Iterator[str]:
    """Compare what a record shows of another with that one, which must show it too."""
    pk = _other_pk(stored, entry)
    other = around.records.get(pk)
    mirrored = [shown for shown in _entries(other.view) if shown["id"] == stored.id] if other else []
    if other is None or [membership_fields(shown) for shown in mirrored] != [membership_fields(entry)]:
        yield f"{pk} does not show the same membership"
    elif entry != (
        household_entry(other.view, entry)
        if stored.kind is Kind.PERSON
        else member_entry(own_fields(other.view), entry)
    ):
        yield f"shows {pk} as it is not"


def _entries(view: View) -> list[View]:
    return list(view.get("households") or view.get("members") or ())


def _other_pk(stored: Stored, entry: View) -> str:
    return keys.record_pk(Kind.GROUP if stored.kind is Kind.PERSON else Kind.PERSON, entry["id"])


def _membership(stored: Stored, entry: View) -> Membership:
    person, group = (stored.id, entry["id"]) if stored.kind is Kind.PERSON else (entry["id"], stored.id)
    return Membership(person_id=person, group_id=group, **membership_fields(entry))
