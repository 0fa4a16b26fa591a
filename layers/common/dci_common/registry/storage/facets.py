"""What an index entry carries of its record, and in which partition and slots of the indexes the record stands.

A person's facets carry its households' too (`h0`, `h1`), so that a query about both is one pass over one index. What
facets can not say exactly (a third household, a membership that begins or ends on a day to come, a group whose size
depends on who asks) is decided from the body: such records stand in a partition of their own, and every search reads
the bodies of those it meets there.
Time makes no index wrong: who is described exactly today is so tomorrow.

| partition | whose |
|---|---|
| `<kind>#0` ... | records that their facets describe exactly |
| `<kind>#body` | records that only their body describes exactly |
| `<kind>#restricted` | restricted people, found by entitled clients only |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from dci_common.registry.catalogue.attributes import Attribute, home_of, is_shown
from dci_common.registry.catalogue.catalogue import COMPOSITES, INDEXED, RECORD_SLOT
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.storage import keys

HOUSEHOLD_FACETS = ("h0", "h1")
_OWN = {kind: tuple(attribute for attribute in INDEXED if kind in attribute.of) for kind in Kind}
_OF_HOUSEHOLD = tuple(attribute for attribute in INDEXED if Kind.GROUP in attribute.of or not attribute.of)
_SLOTS = {
    kind: [(attribute, attribute.slots[kind]) for attribute in INDEXED if kind in attribute.slots] for kind in Kind
}
Values = Mapping[Attribute, list[str]]


def index_attributes(kind: Kind, view: View, shards: int, today: date) -> dict[str, Any]:
    """Return the attributes of a record's item that the indexes are made of, as they are from `today` on."""
    own = _values(_OWN[kind], view, today)
    facets = _facets(own)
    homes = [home for home in view.get("households", ()) if is_shown(home, today)]
    decided = len(homes) <= len(HOUSEHOLD_FACETS) and _is_decided(kind, view, today)
    if decided:
        for name, home in zip(HOUSEHOLD_FACETS, homes, strict=False):
            facets[name] = {"M": {"id": {"S": home["id"]}, **_facets(_values(_OF_HOUSEHOLD, home, today))}}
    return {
        "shard": {"S": _partition(kind, view, shards, decided=decided)},
        **{slot: {"S": keys.slot_value(value, view["id"])} for slot, value in _slots(kind, own).items()},
        "facets": {"M": facets},
        "as_of": {"S": today.isoformat()},
    }


def _partition(kind: Kind, view: View, shards: int, *, decided: bool) -> str:
    if view.get("restricted"):
        return keys.restricted_shard(kind)
    return keys.shard(kind, view["id"], shards) if decided else keys.body_shard(kind)


def _is_decided(kind: Kind, view: View, today: date) -> bool:
    """Tell whether what facets say of a record is so today and on every later day, whoever asks."""
    entries = view["households"] if kind is Kind.PERSON else view["members"]
    day = today.isoformat()
    for entry in entries:
        if entry.get("start", "") > day or entry.get("end", "") > day:
            return False
        if any(start > day or end > day for start, end, _ in entry.get("member_spans", ())):
            return False
    return kind is Kind.PERSON or not any(entry.get("restricted") for entry in entries)


def _values(attributes: Iterable[Attribute], view: View, today: date) -> Values:
    home = home_of(view)  # once for all attributes
    return {
        attribute: values
        for attribute in attributes
        if (values := attribute.values_at(home if attribute.of_home else view, today))
    }


def _facets(values: Values) -> dict[str, Any]:
    return {
        attribute.name: {"L": [{"S": value} for value in found]} if attribute.many else {"S": found[0]}
        for attribute, found in values.items()
    }


def _slots(kind: Kind, own: Values) -> dict[str, str]:
    slots = {slot: own[attribute][0] for attribute, slot in _SLOTS[kind] if attribute in own}
    slot, place, other = COMPOSITES[kind]
    if place in own:  # also without the other, so that the slot finds everybody of a place
        slots[slot] = f"{own[place][0]}#{next(iter(own.get(other, ())), '')}"
    return {RECORD_SLOT: "", **slots}
