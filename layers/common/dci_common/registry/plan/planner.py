"""Choosing the access path: where the records that satisfy a tree must be, read as little as possible.

Lookups come resolved (`IdIn`), so a path is a set of ids, ranges of index slots, or both. It covers the tree: every
match is on it. What it does not prove, the executor filters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dci_common.registry.catalogue.catalogue import COMPOSITES, RECORD_SLOT
from dci_common.registry.model.base import Kind
from dci_common.registry.query.tree import And, Compare, IdIn, Node, Or

_LOW, _HIGH = " ", "\U0010ffff"
_END = "$"  # the character after `#`, which ends a value in a slot


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Slot values from `low` to `high`; no slot value ever equals a bound."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Range:
    """Disjoint, ascending spans of one slot; `cost` guesses how much of the registry they hold."""

    slot: str
    spans: tuple[Span, ...]
    cost: int


@dataclass(frozen=True, slots=True)
class Path:
    """The records with these ids, and those in these ranges; `exact` says that all of them satisfy the tree."""

    ids: frozenset[str] = frozenset()
    ranges: tuple[Range, ...] = ()
    exact: bool = True

    @property
    def cost(self) -> int:
        """The cost of the worst range; ids cost nothing."""
        return max((range_.cost for range_ in self.ranges), default=0)


_WHOLE_REGISTRY = 9
EVERYTHING = Path(ranges=(Range(RECORD_SLOT, (Span(_LOW, _HIGH),), _WHOLE_REGISTRY),), exact=False)


def plan(node: Node, kind: Kind) -> Path:
    """Return the cheapest path that covers the tree."""
    match node:
        case IdIn(ids):
            return Path(ids=ids)
        case Compare(attribute) if kind in attribute.slots:
            return Path(ranges=(Range(attribute.slots[kind], _spans(node), _cost(node.operator)),))
        case Compare(attribute) if attribute is COMPOSITES[kind][1] and node.operator in {"eq", "in"}:
            return Path(ranges=(Range(COMPOSITES[kind][0], _spans(node), _cost(node.operator)),))
        case And(children) if children:
            return _narrowest(children, kind)
        case Or(children):
            return _union([plan(child, kind) for child in children])
    # NOT also holds for records that lack the attribute, and those are in no slot of it.
    return EVERYTHING


def _cost(operator: str) -> int:
    return {"eq": 2, "in": 2, "prefix": 3}.get(operator, 5)


def _spans(leaf: Compare) -> tuple[Span, ...]:
    first = leaf.values[0]
    match leaf.operator:
        case "lt":
            return (Span(_LOW, f"{first}#"),)
        case "le":
            return (Span(_LOW, f"{first}{_END}"),)
        case "gt":
            return (Span(f"{first}{_END}", _HIGH),)
        case "ge":
            return (Span(f"{first}#", _HIGH),)
        case "prefix":
            return (Span(first, first + _HIGH),)
    return tuple(Span(f"{value}#", f"{value}{_END}") for value in sorted(set(leaf.values)))


def _narrowest(children: tuple[Node, ...], kind: Kind) -> Path:
    """Choose among paths that all cover the matches; ranges of one slot are narrowed by each other."""
    paths = [plan(child, kind) for child in children]
    by_ids = [path for path in paths if not path.ranges]
    if by_ids:
        ids = frozenset.intersection(*(path.ids for path in by_ids))
        return Path(ids=ids, exact=len(by_ids) == len(paths) and all(path.exact for path in by_ids))
    single = [path for path in paths if _is_single(path)]
    others = [path for path in paths if not _is_single(path)]
    best = min([*_crossed(single), *_composites(children, kind), *others], key=lambda path: path.cost)
    return best if best.exact and _proves_all(best, paths, children, kind) else replace(best, exact=False)


def _crossed(paths: Iterable[Path]) -> list[Path]:
    """Cross the ranges of each slot; two-sided ranges are narrower than one-sided."""
    crossed: dict[str, Path] = {}
    for path in paths:
        (range_,) = path.ranges
        other = crossed.get(range_.slot)
        if other is not None:
            (before,) = other.ranges
            both = Range(range_.slot, _intersection(before.spans, range_.spans), min(before.cost, range_.cost, 4))
            path = Path(ranges=(both,), exact=path.exact and other.exact)  # noqa: PLW2901 - the crossed one
        crossed[range_.slot] = path
    return list(crossed.values())


def _composites(children: tuple[Node, ...], kind: Kind) -> list[Path]:
    """Return the path of one place and a range of the attribute that the composite slot orders it by."""
    slot, place, other = COMPOSITES[kind]
    leaves = [child for child in children if isinstance(child, Compare)]
    places = [leaf for leaf in leaves if leaf.attribute is place and leaf.operator == "eq"]
    others = [leaf for leaf in leaves if leaf.attribute is other]
    if len(places) != 1 or not others:
        return []
    spans: tuple[Span, ...] = (Span(_END, _HIGH),)  # above `#`, which begins the records without the other attribute
    for leaf in others:
        spans = _intersection(spans, _spans(leaf))
    within = tuple(Span(f"{places[0].values[0]}#{span.low}", f"{places[0].values[0]}#{span.high}") for span in spans)
    return [Path(ranges=(Range(slot, within, 1),))]


def _proves_all(best: Path, paths: list[Path], children: tuple[Node, ...], kind: Kind) -> bool:
    """Tell whether the chosen path proves each of the conditions."""
    slot = best.ranges[0].slot
    if slot == COMPOSITES[kind][0] and best.cost == 1:
        _, place, other = COMPOSITES[kind]
        return all(isinstance(child, Compare) and child.attribute in {place, other} for child in children)
    return all(path.exact and _is_single(path) and path.ranges[0].slot == slot for path in paths)


def _is_single(path: Path) -> bool:
    return not path.ids and len(path.ranges) == 1


def _union(paths: list[Path]) -> Path:
    ids = frozenset[str]().union(*(path.ids for path in paths))
    of_slot: dict[str, list[Range]] = {}
    for range_ in (range_ for path in paths for range_ in path.ranges):
        of_slot.setdefault(range_.slot, []).append(range_)
    if RECORD_SLOT in of_slot:
        return EVERYTHING
    ranges = tuple(
        Range(slot, _merged([span for part in parts for span in part.spans]), max(part.cost for part in parts))
        for slot, parts in of_slot.items()
    )
    return Path(ids, ranges, all(path.exact for path in paths))


def _intersection(one: tuple[Span, ...], other: tuple[Span, ...]) -> tuple[Span, ...]:
    crossed, ones, others = [], list(reversed(one)), list(reversed(other))
    while ones and others:
        a, b = ones[-1], others[-1]
        crossed.append(Span(max(a.low, b.low), min(a.high, b.high)))
        (ones if a.high < b.high else others).pop()
    return tuple(span for span in crossed if span.low < span.high)


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.low <= merged[-1].high:
            merged[-1] = Span(merged[-1].low, max(merged[-1].high, span.high))
        else:
            merged.append(span)
    return tuple(merged)
