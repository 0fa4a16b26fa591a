"""Checks that a registry is consistent: bodies, lookups, memberships, facets and slots.

Everything that the table holds of a record follows from its body. So each record must have exactly the items that
follow from it, each item must belong to a record, and related records must show each other as they are.

The check scans the table once, and reads what each page refers to, so that it needs little memory whatever the
registry's size. It may run while others write: what seems wrong is checked again before it is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import Item, batch_get
from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.model.base import Kind
from dci_common.registry.model.periods import find_overlap, period_text, start_of
from dci_common.registry.model.views import (
    View,
    entry_key,
    household_entry,
    member_entry,
    membership_fields,
    own_fields,
)
from dci_common.registry.storage import keys
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import (
    Ref,
    identifier_types,
    lookup_items,
    part_keys,
    record_items,
    ref_of,
    sides,
)
from dci_common.registry.storage.store import RegistrySettings, RegistryStore, Stored, read_record

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_CHECKS = 3  # of what seems wrong: perhaps a write was in progress
PAGE_ITEMS = 500  # each refers to others, some of them large
_OF_THE_REGISTRY = {ref_of(keys.REGISTRY_KEY), ref_of(keys.FOLLOW_KEY)}
_RECORD_PREFIXES = tuple(f"{kind}#" for kind in Kind)
_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)  # what reading a damaged body may raise


@dataclass(frozen=True, slots=True)
class _Context:
    """What some items are checked against."""

    settings: RegistrySettings
    records: Mapping[str, Stored]  # by partition: those that the items belong to, and those that these show
    expected: Mapping[str, Mapping[Ref, Item]]  # by partition: the items that each of the former must have
    found: Mapping[Ref, Item]  # the items, and those that exist of what the records among them must have


class Checker:
    """Finds inconsistent items. A finding names items by their keys, and discloses nothing else of a record."""

    def __init__(self, runtime: Runtime, catalogue: Catalogue) -> None:
        self._runtime = runtime
        self._table = runtime.settings.registry_table
        self._catalogue = catalogue
        self._store = RegistryStore(runtime)

    def findings(self, scanned: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        """Check the whole table, and yield a sentence for each inconsistency. Raises RegistryNotLoaded.

        `scanned` are the pages of a strongly consistent scan, with at most `PAGE_ITEMS` items each.
        """
        settings = self._store.settings()
        if settings.former:
            yield (
                "REGISTRY SETTINGS: an older version made the keys by which records are found, or the country has "
                "changed: run dci registry reindex, then verify again"
            )
            return
        self._catalogue = self._catalogue.with_country(settings.country)
        for page in scanned:
            found = self._check(page["Items"])
            for _ in range(_CHECKS - 1):
                found = self._check(self._items(found).values()) if found else found
            for (pk, sk), findings in found.items():
                yield from (f"{pk} {sk}: {finding}" for finding in findings)

    def dangling(self, scanned: Iterable[Mapping[str, Any]]) -> Iterator[Item]:
        """Yield the items that belong to no record: what is left when new records were being written.

        There should be no writer meanwhile. `scanned` are pages as for `findings`. Raises RegistryNotLoaded.
        """
        self._catalogue = self._catalogue.with_country(self._store.settings().country)
        for page in scanned:
            seen = {ref_of(item): item for item in page["Items"]}
            context = self._context(seen)
            for ref, item in seen.items():
                owner = _owner(item)
                is_record = ref == (owner, keys.RECORD)
                if not is_record and ref not in context.expected.get(owner, {}) and ref not in _OF_THE_REGISTRY:
                    yield item

    def _check(self, items: Iterable[Item]) -> dict[Ref, list[str]]:
        """Return the findings about each of these items that is wrong."""
        seen = {ref_of(item): item for item in items}
        context = self._context(seen)
        return {ref: findings for ref, item in seen.items() if (findings := list(_check_item(item, context)))}

    def _context(self, seen: dict[Ref, Item]) -> _Context:
        settings = self._store.settings()
        owners = {(_owner(item), keys.RECORD) for item in seen.values()}
        unseen = self._items(ref for ref in owners - seen.keys() if ref[0].startswith(_RECORD_PREFIXES))
        records = self._records({ref: item for ref, item in (seen | unseen).items() if ref in owners})
        expected = {}
        for pk, stored in records.items():
            with suppress(*_UNREADABLE):
                expected[pk] = _items_of(stored, Indexing(self._catalogue, settings.shards, stored.as_of))
        checked = [pk for pk in expected if (pk, keys.RECORD) in seen]
        shown = {_other_pk(records[pk], entry) for pk in checked for entry in _entries(records[pk].view)}
        others = self._records(self._items((pk, keys.RECORD) for pk in shown - records.keys()))
        found = seen | self._items({ref for pk in checked for ref in expected[pk]} - seen.keys())
        return _Context(settings, records | others, expected, found)

    def _records(self, items: Mapping[Ref, Item]) -> dict[str, Stored]:
        """Read records, by their partition; those that cannot be read are left out."""
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
        return {ref_of(item): item for item in batch_get(self._runtime, self._table, wanted)}


def _owner(item: Item) -> str:
    """Return the partition of the record to which an item belongs."""
    return str((item.get("owner") or item["pk"]).get("S", ""))


def _items_of(stored: Stored, indexing: Indexing) -> dict[Ref, Item]:
    """Build all items that a record must have, by their keys."""
    view = stored.view
    items = record_items(indexing, stored.kind, view, version=stored.version, marks=stored.marks)
    both = [side for entry in _entries(view) for side in sides(*_person_and_group(stored, entry), entry)]
    own = [*items, *(side for side in both if side["pk"] == items[0]["pk"])]
    return {ref_of(item): item for item in own} | lookup_items(stored.kind, view, indexing.catalogue.rules)


def _check_item(item: Item, context: _Context) -> Iterator[str]:
    ref, owner = ref_of(item), _owner(item)
    if ref in _OF_THE_REGISTRY:
        return
    if owner not in context.expected:
        yield "cannot be read as it is" if ref == (owner, keys.RECORD) else "belongs to no record that can be read"
    elif ref not in context.expected[owner]:
        yield f"is not an item of {owner}"
    elif ref == (owner, keys.RECORD):
        yield from _check_record(context.records[owner], context)


def _check_record(stored: Stored, context: _Context) -> Iterator[str]:
    own = keys.record_pk(stored.kind, stored.id)
    for ref, expected in context.expected[own].items():
        found = context.found.get(ref, {})
        owner = found.get("owner", {}).get("S", own)
        if owner != own:
            yield f"{' '.join(ref)}: belongs to {owner}, whose identifier is equal: correct one of the two records"
        elif found != expected:
            names = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
            what = f"its {', '.join(names)}" if ref == (own, keys.RECORD) else " ".join(ref)
            yield f"{what}: missing, or not what follows from the body"
    if stored.pending:
        yield f"a long write of it ({stored.pending}) is in progress or was interrupted"
    known = context.settings.known_types(restricted=bool(stored.view.get("restricted")))
    for type_ in sorted(set().union(*identifier_types([stored.view])) - known):
        yield f"the registry does not know its identifier type {type_}"
    entries = _entries(stored.view)
    for entry in entries:
        yield from _check_entry(stored, entry, context)
    for entry, following in pairwise(entries):
        if entry["id"] == following["id"] and find_overlap(entry, [following]):
            other = _other_pk(stored, entry)
            yield f"shows {other} {period_text(entry)} and {period_text(following)}: the periods overlap"


def _check_entry(stored: Stored, entry: View, context: _Context) -> Iterator[str]:
    """Compare what a record shows of another with that one, which must show the same membership."""
    pk = _other_pk(stored, entry)
    other = context.records.get(pk)
    mirror = stored.id, start_of(entry)
    mirrored = [shown for shown in _entries(other.view) if entry_key(shown) == mirror] if other else []
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


def _person_and_group(stored: Stored, entry: View) -> tuple[str, str]:
    return (stored.id, entry["id"]) if stored.kind is Kind.PERSON else (entry["id"], stored.id)
