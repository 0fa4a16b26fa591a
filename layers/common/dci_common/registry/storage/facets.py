"""Index attributes: what an index entry carries of its record, and in which partition and slots it is.

A person's facets carry those of the households too (`h0`, `h1`), so that a query about both is one pass over one
index. Facets cannot describe some records exactly: a person with a third household, a membership that begins or ends
in the future. Those are in a partition of their own, and every search verifies the entries that it reads there by the
records' bodies. No entry becomes wrong with time: facets that are exact today are so on every later day.

Facets describe what clients without entitlement to restricted people see. So what these people belong to changes
nothing of a group's entry but its partition, which only searches of entitled clients must verify.

| partition | records |
|---|---|
| `<kind>#0` ... | those that their facets describe exactly |
| `<kind>#body` | those that only their body describes exactly |
| `PERSON#restricted` | restricted people, read for entitled clients only |
| `GROUP#restricted` | groups with restricted members, whose facets describe what the other clients see of them |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from dci_common.aws.dynamodb import Item
from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import MEMBERSHIP_FIELDS, AnyView, View, home_of, is_shown
from dci_common.registry.storage import keys

HOUSEHOLD_FACETS = ("h0", "h1")
_KNOWN_HOUSEHOLDS = 1024
Facets = Mapping[str, Any]
_Values = dict[Attribute, list[str]]


class _Household(NamedTuple):
    """A household as its people have it, without the membership, and the values and facets of its attributes."""

    entry: View
    values: _Values
    facets: Item


@dataclass(frozen=True, slots=True)
class Indexing:
    """How records are indexed: by which catalogue, over how many shards, and as they are from which day on."""

    catalogue: Catalogue
    shards: int
    today: date
    _households: dict[str, _Household] = field(default_factory=dict, init=False, repr=False, compare=False)

    def attributes(self, kind: Kind, view: View) -> Item:
        """Return the attributes of a record's item that its index entries are made of."""
        own = self._own_values(kind, view)
        facets = _facets(own)
        households = [entry for entry in view.get("households", ()) if is_shown(entry, self.today)]
        exact = is_exact(view, self.today)
        if exact:
            for name, entry in zip(HOUSEHOLD_FACETS, households, strict=False):
                facets[name] = {"M": self._household_facets(entry)}
        return {
            "shard": {"S": self._partition(kind, view, exact=exact)},
            **{slot: {"S": keys.slot_value(value, view["id"])} for slot, value in self._slots(kind, own).items()},
            "facets": {"M": facets},
            "as_of": {"S": self.today.isoformat()},
        }

    def _own_values(self, kind: Kind, view: View) -> _Values:
        """Return the values of a record: those that a person inherits are the household's."""
        home = home_of(view)
        if kind is Kind.GROUP or home is view or not home:
            return _values(self.catalogue.indexed[kind], view, home, self.today)
        own = _values(self.catalogue.indexed_of_people_alone, view, home, self.today)
        of_household = self._household(home).values
        return own | {one: of_household[one] for one in self.catalogue.inherited if one in of_household}

    def _household_facets(self, entry: View) -> Item:
        """Return the facets of a person's household that a query for people can name, and of the membership."""
        own = _values(self.catalogue.indexed_of_membership, entry, entry, self.today)
        return self._household(entry).facets | _facets(own)

    def _household(self, entry: AnyView) -> _Household:
        """Return what is the same for all people of a household, who mostly follow one another."""
        household = {name: value for name, value in entry.items() if name not in MEMBERSHIP_FIELDS}
        known = self._households.get(entry["id"])
        if known is None or known.entry != household:
            values = _values(self.catalogue.indexed[Kind.GROUP], household, home_of(household), self.today)
            named = {one: values[one] for one in self.catalogue.indexed_of_household if one in values}
            known = _Household(household, values, {"id": {"S": entry["id"]}, **_facets(named)})
            if len(self._households) >= _KNOWN_HOUSEHOLDS:
                self._households.clear()
            self._households[entry["id"]] = known
        return known

    def _partition(self, kind: Kind, view: View, *, exact: bool) -> str:
        if view.get("restricted"):
            return keys.restricted_shard(kind)
        if not exact:
            return keys.body_shard(kind)
        if has_restricted_members(view):
            return keys.restricted_shard(kind)
        return keys.shard(kind, view["id"], self.shards)

    def _slots(self, kind: Kind, own: _Values) -> dict[str, str]:
        held = self.catalogue.slots[kind].items()
        slots = {slot: own[attribute][0] for slot, attribute in held if attribute in own}
        for composite in self.catalogue.composites[kind]:
            if composite.leading in own:  # also without the trailing one: the slot finds all records of a value
                trailing = next(iter(own.get(composite.trailing, ())), "")
                slots[composite.slot] = f"{own[composite.leading][0]}#{trailing}"
        return {self.catalogue.record_slot: "", **slots}


def facet_values(facets: Facets, name: str) -> list[str]:
    """Return the values of a facet; an empty list when it is absent."""
    value = facets.get(name, [])
    return value if isinstance(value, list) else [value]


def read_facets(item: Item) -> dict[str, Any]:
    """Return the facets of an index entry as strings, lists and maps, with the record's `id`."""
    facets: dict[str, Any] = {"id": item["pk"]["S"].partition("#")[2]}
    return facets | {name: _read(value) for name, value in item.get("facets", {}).get("M", {}).items()}


def _read(value: Item) -> Any:  # noqa: ANN401 - a string, a list or a map
    if "M" in value:
        return {name: _read(member) for name, member in value["M"].items()}
    return [member["S"] for member in value["L"]] if "L" in value else value["S"]


def has_restricted_members(view: View) -> bool:
    """Return whether a restricted person is, was or will be in a group."""
    return any(member.get("restricted") for member in view.get("members", ()))


def is_exact(view: View, today: date) -> bool:
    """Return whether facets describe a record exactly, today and on every later day, but for restricted members."""
    day = today.isoformat()
    entries = view["households"] if "households" in view else view["members"]
    for entry in entries:
        if entry.get("restricted"):
            continue
        if entry.get("start", "") > day or entry.get("end", "") > day:
            return False
        if any(start > day or end > day for start, end, _ in entry.get("member_spans", ())):
            return False
    return sum(is_shown(entry, today) for entry in view.get("households", ())) <= len(HOUSEHOLD_FACETS)


def _values(attributes: Iterable[Attribute], view: View, home: AnyView, today: date) -> _Values:
    """Return the values of attributes; `home` is the view that has the record's address."""
    return {
        attribute: values
        for attribute in attributes
        if (read := attribute.read(home if attribute.inherited else view, today))  # most have none
        and (values := attribute.normalized(read))
    }


def _facets(values: _Values) -> Item:
    return {
        attribute.name: {"L": [{"S": value} for value in found]} if attribute.many else {"S": found[0]}
        for attribute, found in values.items()
    }
