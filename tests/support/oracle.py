"""The brute-force oracle: what a query must find, decided record by record without any index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dci_cli.local.demo import Population
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, unrestricted, views
from dci_common.registry.query.sort import Position, SortKey, ordered
from dci_common.registry.query.tree import Node, matches
from support.registries import TODAY

_IDENTIFIERS = ("identifier", "member_identifier", "group_identifier")


@dataclass(frozen=True)
class Oracle:
    """The views of a registry, by kind of record and id; only entitled clients see restricted people."""

    records: dict[Kind, dict[str, View]]

    @classmethod
    def of(cls, population: Population, *, entitled: bool = False) -> Oracle:
        """Build every view of a population."""
        records: dict[Kind, dict[str, View]] = {kind: {} for kind in Kind}
        for kind, view in views(population.people, population.groups, population.memberships):
            seen = unrestricted(view) if entitled else view
            if not seen.get("restricted"):
                records[kind][view["id"]] = seen
        return cls(records)

    @property
    def views(self) -> list[View]:
        """All that may be found."""
        return [view for records in self.records.values() for view in records.values()]

    def found(self, kind: Kind, tree: Node) -> set[str]:
        """Return the ids of all records that satisfy the tree."""
        return {id_ for id_, view in self.records[kind].items() if matches(tree, view, TODAY)}

    def is_selective(self, kind: Kind, tree: Node) -> bool:
        """Return whether the tree finds some records and leaves others, so that an error would show."""
        return 0 < len(self.found(kind, tree)) < len(self.records[kind])

    def ids(self, kind: Kind, rendered: list[dict[str, Any]]) -> list[str]:
        """Return the ids of rendered records, by the first identifier of each."""
        owners = {view["identifiers"][0]["identifier_value"]: id_ for id_, view in self.records[kind].items()}
        return [owners[_first_identifier(record)] for record in rendered]

    def is_ordered(self, kind: Kind, ids: list[str], keys: tuple[SortKey, ...]) -> bool:
        """Return whether ids are in the requested order, or else in the documented one.

        That is: what lookups found by id, then the rest by id or in the order of an index.
        """
        records = self.records[kind]
        if keys:
            places = (Position(tuple(key.of_view(records[id_], TODAY) for key in keys), id_) for id_ in ids)
            return ids == [place.id for place in ordered(places, keys)]
        slots: list[tuple[Attribute, ...]] = [(attribute,) for attribute in SOCIAL_CATALOGUE.slots[kind].values()]
        slots += [(composite.leading, composite.trailing) for composite in SOCIAL_CATALOGUE.composites[kind]]
        slots.append(())
        return any(
            ids[:place] == sorted(ids[:place])
            and ids[place:] == sorted(ids[place:], key=lambda id_: [*self._slot(kind, slot, id_), id_])
            for slot in slots
            for place in range(len(ids) + 1)
        )

    def _slot(self, kind: Kind, slot: tuple[Attribute, ...], id_: str) -> list[str]:
        values = [attribute.values(self.records[kind][id_], TODAY) for attribute in slot]
        return [found[0] if found else "" for found in values]


def _first_identifier(record: dict[str, Any]) -> str:
    identifiers = next(record[name] for name in _IDENTIFIERS if name in record)
    return str(identifiers[0].get("identifier_value") or identifiers[0]["identifier"])
