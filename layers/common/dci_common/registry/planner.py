"""Choosing the access path: where the records that satisfy a tree must be, read as little as possible.

Lookups come resolved (`OneOf`), so a path is a set of ids, ranges of one index slot, or both. It covers the tree:
every match is on it. What it does not prove, the executor filters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dci_common.registry.catalogue import RECORD_SLOT
from dci_common.registry.model import Kind
from dci_common.registry.query import And, Compare, Node, OneOf, Or

_LOW, _HIGH = " ", "\U0010ffff"
_END = "$"  # the character after `#`, which ends the value in a slot


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of slot values, `low` included, `high` excluded (no slot value ever equals a bound)."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Path:
    """The records with these ids, and those in these disjoint, ascending spans of a slot.

    `exact` says that every record on the path satisfies the tree.
    """

    ids: frozenset[str] = frozenset()
    slot: str = RECORD_SLOT
    spans: tuple[Span, ...] = ()
    exact: bool = True


_EVERYTHING = Path(spans=(Span(_LOW, _HIGH),), exact=False)


def plan(node: Node, kind: Kind) -> Path:
    """Return the cheapest path that covers the tree."""
    match node:
        case OneOf(ids):
            return Path(ids=ids)
        case Compare(attribute) if kind in attribute.slots:
            return Path(slot=attribute.slots[kind], spans=_spans(node))
        case And(children):
            return _narrowest([plan(child, kind) for child in children])
        case Or(children):
            return _union([plan(child, kind) for child in children])
    # NOT also holds for records that lack the attribute, and those are in no slot of it.
    return _EVERYTHING


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
        case _:
            return tuple(Span(f"{value}#", f"{value}{_END}") for value in sorted(set(leaf.values)))


def _narrowest(paths: list[Path]) -> Path:
    """Choose among paths that all cover the matches; ranges of one slot are narrowed by each other."""
    by_ids = [path for path in paths if not path.spans]
    if by_ids:
        ids = frozenset.intersection(*(path.ids for path in by_ids))
        return Path(ids=ids, exact=len(by_ids) == len(paths) and all(path.exact for path in paths))
    ranges = [path for path in paths if not path.ids and path.slot != RECORD_SLOT]
    if not ranges:
        return replace(min(paths, key=lambda path: path.slot == RECORD_SLOT), exact=False)
    spans, slot = ranges[0].spans, ranges[0].slot
    for path in ranges[1:]:
        if path.slot == slot:
            spans = _intersection(spans, path.spans)
    exact = len(ranges) == len(paths) and all(path.slot == slot and path.exact for path in ranges)
    return Path(slot=slot, spans=spans, exact=exact)


def _union(paths: list[Path]) -> Path:
    ids = frozenset[str]().union(*(path.ids for path in paths))
    slots = {path.slot for path in paths if path.spans}
    if len(slots) > 1:
        return _EVERYTHING
    spans = _merged([span for path in paths for span in path.spans])
    exact = all(path.exact for path in paths)
    return Path(ids, slots.pop() if slots else RECORD_SLOT, spans, exact)


def _intersection(one: tuple[Span, ...], other: tuple[Span, ...]) -> tuple[Span, ...]:
    crossed = (Span(max(a.low, b.low), min(a.high, b.high)) for a in one for b in other)
    return tuple(sorted(span for span in crossed if span.low < span.high))


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.low <= merged[-1].high:
            merged[-1] = Span(merged[-1].low, max(merged[-1].high, span.high))
        else:
            merged.append(span)
    return tuple(merged)
