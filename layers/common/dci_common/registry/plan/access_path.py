"""Chooses the access path: where the records that satisfy a tree must be, with as little to read as possible.

Lookups are resolved before (`IdIn`), so a path is a set of ids, ranges of index slots, or both. It covers the tree:
every match is on it. What it does not prove is a residual filter.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.spans import END, HIGH, LOW, Span, intersection, spans_of, union
from dci_common.registry.query.tree import And, Compare, IdIn, Node, Or

# The cost of a range: an estimate of how much of the registry it holds, from least to most.
COMPOSITE_COST, EQUALITY_COST, PREFIX_COST, BOUNDED_COST, OPEN_COST, WHOLE_COST = 1, 2, 3, 4, 5, 9


class Proof(IntEnum):
    """What a path proves of the records on it."""

    NOTHING = 0  # each may satisfy the tree or not
    NEARLY = 1  # they satisfy it but for the few that a comparison excludes
    EXACT = 2


class Range(NamedTuple):
    """Disjoint, ascending spans of one index slot."""

    slot: str
    spans: tuple[Span, ...]
    cost: int


class AccessPath(NamedTuple):
    """The records with these ids, and those in these ranges."""

    ids: frozenset[str] = frozenset()
    ranges: tuple[Range, ...] = ()
    proof: Proof = Proof.EXACT

    @property
    def exact(self) -> bool:
        """Whether all records on the path satisfy the tree."""
        return self.proof is Proof.EXACT

    @property
    def cost(self) -> int:
        """The cost of the worst range; ids cost nothing."""
        return max((range_.cost for range_ in self.ranges), default=0)

    @property
    def is_one_range(self) -> bool:
        """Whether the path is one range and no ids."""
        return not self.ids and len(self.ranges) == 1


def whole_registry(catalogue: Catalogue) -> AccessPath:
    """Return the path on which every record is."""
    return AccessPath(ranges=(Range(catalogue.record_slot, (Span(LOW, HIGH),), WHOLE_COST),), proof=Proof.NOTHING)


def access_path(node: Node, kind: Kind, catalogue: Catalogue) -> AccessPath:
    """Return the cheapest path that covers a tree whose lookups are resolved."""
    composite = catalogue.composites[kind]
    match node:
        case IdIn(ids):
            return AccessPath(ids=ids)
        case Compare(attribute) if kind in attribute.slots:
            return _range_path(attribute.slots[kind], node)
        case Compare(attribute) if attribute is composite.leading and node.operator in {"eq", "in"}:
            return _range_path(composite.slot, node)
        case And(children) if children:
            return _narrowest(children, kind, catalogue)
        case Or(children):
            return _union([access_path(child, kind, catalogue) for child in children], catalogue)
    # NOT also holds for records that lack the attribute, and those are in no slot of it.
    return whole_registry(catalogue)


def _range_path(slot: str, comparison: Compare) -> AccessPath:
    costs = {"eq": EQUALITY_COST, "in": EQUALITY_COST, "prefix": PREFIX_COST}
    range_ = Range(slot, spans_of(comparison), costs.get(comparison.operator, OPEN_COST))
    return AccessPath(ranges=(range_,), proof=_proof_of(comparison))


def _proof_of(*comparisons: Compare) -> Proof:
    return Proof.NEARLY if any(comparison.excluded for comparison in comparisons) else Proof.EXACT


def _narrowest(children: tuple[Node, ...], kind: Kind, catalogue: Catalogue) -> AccessPath:
    """Return the cheapest of the paths that cover all children; ranges of one slot narrow each other."""
    paths = [access_path(child, kind, catalogue) for child in children]
    by_ids = [path for path in paths if not path.ranges]
    if by_ids:
        ids = frozenset.intersection(*(path.ids for path in by_ids))
        return AccessPath(ids=ids, proof=min(path.proof if not path.ranges else Proof.NOTHING for path in paths))
    single = [path for path in paths if path.is_one_range]
    others = [path for path in paths if not path.is_one_range]
    candidates = [*_crossed(single), *_composite_paths(children, kind, catalogue), *others]
    best = min(candidates, key=lambda path: path.cost)
    proves = best.proof and _proves_all(best, paths, children, kind, catalogue)
    return best if proves else best._replace(proof=Proof.NOTHING)


def _crossed(paths: Iterable[AccessPath]) -> list[AccessPath]:
    """Intersect the ranges of each slot; a range with two bounds is narrower than one with one."""
    crossed: dict[str, AccessPath] = {}
    for path in paths:
        (range_,) = path.ranges
        other = crossed.get(range_.slot)
        crossed[range_.slot] = path if other is None else _both(other, path)
    return list(crossed.values())


def _both(one: AccessPath, other: AccessPath) -> AccessPath:
    (first,), (second,) = one.ranges, other.ranges
    spans, cost = intersection(first.spans, second.spans), min(first.cost, second.cost, BOUNDED_COST)
    return AccessPath(ranges=(Range(first.slot, spans, cost),), proof=min(one.proof, other.proof))


def _composite_paths(children: tuple[Node, ...], kind: Kind, catalogue: Catalogue) -> list[AccessPath]:
    """Return the path of one leading value and a range of the trailing attribute; none without both conditions."""
    composite = catalogue.composites[kind]
    leaves = [child for child in children if isinstance(child, Compare)]
    leading = [leaf for leaf in leaves if leaf.attribute is composite.leading and leaf.operator == "eq"]
    trailing = [leaf for leaf in leaves if leaf.attribute is composite.trailing]
    if len(leading) != 1 or not trailing:
        return []
    spans: tuple[Span, ...] = (Span(END, HIGH),)  # above `#`, with which records without the trailing one begin
    for leaf in trailing:
        spans = intersection(spans, spans_of(leaf))
    value = leading[0].values[0]
    within = tuple(Span(f"{value}#{span.low}", f"{value}#{span.high}") for span in spans)
    return [AccessPath(ranges=(Range(composite.slot, within, COMPOSITE_COST),), proof=_proof_of(*trailing))]


def _proves_all(
    best: AccessPath, paths: list[AccessPath], children: tuple[Node, ...], kind: Kind, catalogue: Catalogue
) -> bool:
    """Return whether the chosen path proves each of the conditions."""
    slot, composite = best.ranges[0].slot, catalogue.composites[kind]
    if slot == composite.slot and best.cost == COMPOSITE_COST:
        held = {composite.leading, composite.trailing}
        return all(isinstance(child, Compare) and child.attribute in held for child in children)
    return all(path.proof and path.is_one_range and path.ranges[0].slot == slot for path in paths)


def _union(paths: list[AccessPath], catalogue: Catalogue) -> AccessPath:
    ids = frozenset[str]().union(*(path.ids for path in paths))
    by_slot: dict[str, list[Range]] = {}
    for range_ in (range_ for path in paths for range_ in path.ranges):
        by_slot.setdefault(range_.slot, []).append(range_)
    if catalogue.record_slot in by_slot:
        return whole_registry(catalogue)
    ranges = tuple(
        Range(slot, union([span for part in parts for span in part.spans]), max(part.cost for part in parts))
        for slot, parts in by_slot.items()
    )
    return AccessPath(ids, ranges, min((path.proof for path in paths), default=Proof.EXACT))
