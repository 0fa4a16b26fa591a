"""Watches: index entries by which a subscription to identifiers is found when a record changes.

A subscription that compares one attribute with values, where values of the attribute's type belong to few records, is
found by these values: it costs nothing when other records change. Whether it matches is asked afterwards, so an entry
may lead to a subscription that does not; the other way round, a record that matches has one of its entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from datetime import date
from typing import TYPE_CHECKING

from dci_common.registry.model.rules import Rules
from dci_common.registry.query.tree import AnyRelated, Compare, Node

if TYPE_CHECKING:
    from dci_common.exchange.compiled_search import CompiledSearch
    from dci_common.registry.catalogue.attributes import Attribute
    from dci_common.registry.catalogue.catalogue import Catalogue
    from dci_common.registry.model.base import Kind
    from dci_common.registry.model.views import View
    from dci_common.subscriptions.subscription import Watch

_ANY_DAY = date.min  # identifiers, phone numbers and e-mail addresses have no days
MAX_WATCHES = 90  # of a subscription, which begins in one transaction of 100 actions


def watches_of(search: CompiledSearch) -> tuple[Watch, ...]:
    """Return the index entries of a subscription to identifiers; none if it is by condition."""
    comparison = _comparison(search.query.tree)
    if comparison is None or not comparison.attribute.type.lookup:
        return ()
    values = dict.fromkeys(comparison.values)
    if len(values) > MAX_WATCHES:
        return ()
    return tuple(_watch(comparison.attribute, value, search.query.kind) for value in values)


def way_of(watch: Watch) -> str:
    """Return the attribute and the kind by which an index entry watches: no others need be looked up."""
    pk, sk = watch
    return f"{pk.split('#')[1]}#{sk}"


class WatchKeys:
    """Finds the index entries that records hit, of those by whose ways anything is watched.

    `catalogue` has all identifier types of the registry, those of restricted people too. Values have the form of its
    rules, and those by which entries may have been made: of `former` rules, and of before the registry had a country.
    """

    def __init__(self, catalogue: Catalogue, former: Set[Rules], ways: Set[str]) -> None:
        self._rules = {catalogue.rules, Rules(), *former}
        looked_up = [attribute for attribute in catalogue.attributes if attribute.type.lookup]
        self._watched = {
            kind: [attribute for attribute in looked_up if way_of(_watch(attribute, "", kind)) in ways]
            for kind in catalogue.composites
        }

    def of(self, kind: Kind, view: View) -> set[Watch]:
        """Return the entries that a record hits, whoever may see it, on any day."""
        return {
            _watch(attribute, value, kind)
            for attribute in self._watched[kind]
            for value in self._values(attribute, kind, view)
        }

    def _values(self, attribute: Attribute, kind: Kind, view: View) -> Iterator[str]:
        entries = [view] if kind in attribute.kinds else [*view.get("households", ()), *view.get("members", ())]
        normalizers = [attribute.type.normalizer(rules) for rules in self._rules]
        for entry in entries:
            for written in map(str, attribute.read(entry, _ANY_DAY)):
                yield from filter(None, (normalize(written) for normalize in normalizers))


def _comparison(tree: Node) -> Compare | None:
    """Return the only comparison of a tree, of the record or of a related one; None if there are others."""
    node = tree.child if isinstance(tree, AnyRelated) else tree
    return node if isinstance(node, Compare) and node.operator in {"eq", "in"} else None


def _watch(attribute: Attribute, value: str, kind: Kind) -> Watch:
    return f"WATCH#{attribute.name}#{value}", kind.value
