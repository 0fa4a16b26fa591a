"""Chooses the access path: where the records that satisfy a tree must be, with as little to read as possible.

Lookups are resolved before (`IdIn`), so a path is a set of ids, ranges of index slots, or both. It covers the tree:
every match is on it. What it does not prove is a residual filter.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import NamedTuple

from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.ranges import (
    Covered,
    Estimate,
    Proof,
    Range,
    composite_range,
    covered,
    joined,
    range_of,
)
from dci_common.registry.plan.spans import HIGH, LOW, Span, union
from dci_common.registry.query.tree import And, IdIn, Node, Or

# What the query says does not say which of two ranges of these estimates is smaller: their entries are counted.
_COUNTED = frozenset({Estimate.VALUES, Estimate.BETWEEN, Estimate.OPEN})
_MAX_COUNTED_SPANS = 10
_Rank = tuple[object, ...]


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
    def rank(self) -> _Rank:
        """The place among other paths that cover the same records, by the worst range; ids cost nothing."""
        return max((range_.rank for range_ in self.ranges), default=()), len(self.ranges)

    def is_comparable(self, other: AccessPath) -> bool:
        """Whether both paths are one range each, of different slots, of which only counting finds the smaller."""
        return self._is_countable and other._is_countable and self.ranges[0].slot != other.ranges[0].slot

    @property
    def _is_countable(self) -> bool:
        if self.ids or len(self.ranges) != 1:
            return False
        return self.ranges[0].estimate in _COUNTED and len(self.ranges[0].spans) <= _MAX_COUNTED_SPANS


class PathPlanner(NamedTuple):
    """Finds the access paths of trees about a kind of record; `unfilled` slots do not hold all records yet."""

    kind: Kind
    catalogue: Catalogue
    unfilled: Set[str] = frozenset()

    def path(self, node: Node) -> AccessPath:
        """Return the first path, by rank, that covers a tree whose lookups are resolved."""
        return self.paths(node)[0]

    def paths(self, node: Node) -> tuple[AccessPath, ...]:
        """Return the first path that covers a tree, and others, by rank, if only counting finds the smallest."""
        if isinstance(node, IdIn):
            return (AccessPath(ids=node.ids),)
        if isinstance(node, And) and node.children:
            return self._paths_of_all(node.children)
        for candidate in self._ranges((node,)):
            return (candidate.path,)
        if isinstance(node, Or):
            return (_union([self.path(child) for child in node.children], self.catalogue),)
        # NOT also holds for records that lack the attribute, and those are in no slot of it.
        return (whole_registry(self.catalogue),)

    def _paths_of_all(self, children: tuple[Node, ...]) -> tuple[AccessPath, ...]:
        ranges = [*self._ranges(children)]
        in_ranges = frozenset[int]().union(*(candidate.proven for candidate in ranges))
        others = [
            _Candidate(self.path(child), frozenset({number}))
            for number, child in enumerate(children)
            if number not in in_ranges
        ]
        by_ids = [candidate for candidate in others if not candidate.path.ranges]
        if by_ids:
            proof = min(candidate.path.proof for candidate in by_ids)
            ids = frozenset.intersection(*(candidate.path.ids for candidate in by_ids))
            return (AccessPath(ids=ids, proof=proof if len(by_ids) == len(children) else Proof.NOTHING),)
        ranked = sorted((one.limited(len(children)) for one in (*ranges, *others)), key=lambda path: path.rank)
        first, *rest = ranked
        others_by_slot: dict[str, AccessPath] = {}
        for path in rest:
            if first.is_comparable(path):
                others_by_slot.setdefault(path.ranges[0].slot, path)
        return first, *others_by_slot.values()

    def _ranges(self, children: tuple[Node, ...]) -> Iterator[_Candidate]:
        """Yield the ranges of slots that cover some of the children.

        A composite slot narrows what the slots of its two attributes hold, so these are left out beside it.
        """
        narrowed: set[Attribute] = set()
        for composite in self.catalogue.composites_in(self.kind, self.unfilled):
            leading, trailing = (
                _conditions(children, attribute) for attribute in (composite.leading, composite.trailing)
            )
            if leading and trailing and (range_ := composite_range(composite, leading.covered, trailing.covered)):
                narrowed |= {composite.leading, composite.trailing}
                proof = min(leading.covered.proof, trailing.covered.proof)
                yield _Candidate(AccessPath(ranges=(range_,), proof=proof), leading.numbers | trailing.numbers)
        for attribute, slot in self.catalogue.leading_slots(self.kind, self.unfilled):
            if attribute not in narrowed and (found := _conditions(children, attribute)):
                range_ = range_of(slot, attribute, found.covered.spans)
                yield _Candidate(AccessPath(ranges=(range_,), proof=found.covered.proof), found.numbers)


class _Candidate(NamedTuple):
    """A path that covers all children of an AND, and the numbers of those that it proves."""

    path: AccessPath
    proven: frozenset[int]

    def limited(self, children: int) -> AccessPath:
        """Return the path, which proves nothing if it does not prove all of so many children."""
        return self.path if len(self.proven) == children else self.path._replace(proof=Proof.NOTHING)


class _Conditions(NamedTuple):
    """The conditions on one attribute among the children of an AND: what covers them, and their numbers."""

    covered: Covered
    numbers: frozenset[int]


def _conditions(children: tuple[Node, ...], attribute: Attribute) -> _Conditions | None:
    found = {number: part for number, child in enumerate(children) if (part := covered(child, attribute))}
    return _Conditions(joined([*found.values()]), frozenset(found)) if found else None


def _union(paths: list[AccessPath], catalogue: Catalogue) -> AccessPath:
    ids = frozenset[str]().union(*(path.ids for path in paths))
    by_slot: dict[str, list[Range]] = {}
    for range_ in (range_ for path in paths for range_ in path.ranges):
        by_slot.setdefault(range_.slot, []).append(range_)
    if catalogue.record_slot in by_slot:
        return whole_registry(catalogue)
    ranges = tuple(
        max(parts, key=lambda part: part.rank)._replace(spans=union([span for part in parts for span in part.spans]))
        for _, parts in sorted(by_slot.items())
    )
    return AccessPath(ids, ranges, min((path.proof for path in paths), default=Proof.EXACT))


def whole_registry(catalogue: Catalogue) -> AccessPath:
    """Return the path on which every record is."""
    everything = Range(catalogue.record_slot, (Span(LOW, HIGH),), Estimate.WHOLE)
    return AccessPath(ranges=(everything,), proof=Proof.NOTHING)
