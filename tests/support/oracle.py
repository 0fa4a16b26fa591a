"""The brute-force oracle: what a query must find, decided record by record without any index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dci_cli.demo import Population
from dci_common.registry.model import Kind
from dci_common.registry.query import Node, matches
from dci_common.registry.views import View, views
from support.oddities import TODAY

_IDENTIFIERS = ("identifier", "member_identifier", "group_identifier")


@dataclass(frozen=True)
class Oracle:
    """The views of a registry, by kind of record and id."""

    records: dict[Kind, dict[str, View]]

    @classmethod
    def of(cls, population: Population) -> Oracle:
        """Build every view of a population."""
        records: dict[Kind, dict[str, View]] = {kind: {} for kind in Kind}
        for kind, view in views(population.people, population.groups, population.memberships):
            records[kind][view["id"]] = view
        return cls(records)

    def found(self, kind: Kind, tree: Node) -> set[str]:
        """Return the ids of all records that satisfy the tree."""
        return {id_ for id_, view in self.records[kind].items() if matches(tree, view, TODAY)}

    def telling(self, kind: Kind, tree: Node) -> bool:
        """Tell whether the tree finds some records and leaves others, so that an error would show."""
        return 0 < len(self.found(kind, tree)) < len(self.records[kind])

    def ids(self, kind: Kind, rendered: list[dict[str, Any]]) -> list[str]:
        """Return the ids of rendered records, by the first identifier of each."""
        owners = {view["identifiers"][0]["identifier_value"]: id_ for id_, view in self.records[kind].items()}
        return [owners[_first_identifier(record)] for record in rendered]

    def is_ordered(self, kind: Kind, ids: list[str]) -> bool:
        """Tell whether ids stand as promised: what lookups found by id, then the rest by birth date or by id."""
        born = {id_: view.get("birth_date", "") for id_, view in self.records[kind].items()}
        orders = (sorted(ids[place:], key=lambda id_: (born[id_], id_)) for place in range(len(ids) + 1))
        by_id = ids == sorted(ids)
        return by_id or any(
            ids[:place] == sorted(ids[:place]) and ids[place:] in (order, sorted(ids[place:]))
            for place, order in enumerate(orders)
        )


def _first_identifier(record: dict[str, Any]) -> str:
    identifiers = next(record[name] for name in _IDENTIFIERS if name in record)
    return str(identifiers[0].get("identifier_value") or identifiers[0]["identifier"])
