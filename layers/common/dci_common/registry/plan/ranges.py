"""Ranges of index slots, and how selective each is by what the query says alone, without knowing the registry.

| estimate | ranges |
|---|---|
| `NOTHING` | no value can be in it: the conditions exclude each other |
| `FEW` | one value or several of an attribute that has very many; a place and whole values of another attribute |
| `VALUES` | one value or several of an attribute that has many; a place, and values between two or that begin alike |
| `BETWEEN` | values between two, or that begin alike; values of an attribute with few; a place, and an open range |
| `OPEN` | values to one side of one |
| `WHOLE` | every record |

Within an estimate, `breadth` ranks them, then the number of values that the attribute has, the number of spans, and
the slot. Nothing depends on the order in which conditions were written.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.catalogue.catalogue import Composite
from dci_common.registry.plan.spans import END, HIGH, LOW, Span, intersection, spans_of, union
from dci_common.registry.query.tree import And, Compare, Node, Or

MAX_COMPOSITE_SPANS = 100  # each costs a query in each partition
_VERY_MANY, _MANY = 100_000, 1_000  # values of an attribute in a large registry


class Estimate(IntEnum):
    """How much of the registry a range holds, from least to most."""

    NOTHING = 0
    FEW = 1
    VALUES = 2
    BETWEEN = 3
    OPEN = 4
    WHOLE = 5


class Proof(IntEnum):
    """What a path proves of the records on it."""

    NOTHING = 0  # each may satisfy the tree or not
    NEARLY = 1  # they satisfy it but for the few that a comparison excludes
    EXACT = 2


class _Breadth(IntEnum):
    """How the values of a range are given, from narrow to broad."""

    WHOLE_VALUES = 0
    BEGINNING = 1
    BOUNDED = 2
    OPEN = 3


class Range(NamedTuple):
    """Disjoint, ascending spans of one index slot, and their rank: the least ranks first."""

    slot: str
    spans: tuple[Span, ...]
    estimate: Estimate
    breadth: int = 0
    distinct: int = 0  # about how many values the slot's attribute has in a large registry

    @property
    def rank(self) -> tuple[int, int, int, int, str]:
        """The place among other ranges that cover the same records; no two have the same."""
        return self.estimate, self.breadth, -self.distinct, len(self.spans), self.slot


class Covered(NamedTuple):
    """The spans of an attribute's values that cover conditions on it, and what they prove of these."""

    spans: tuple[Span, ...]
    proof: Proof


def covered(node: Node, attribute: Attribute) -> Covered | None:
    """Return the spans that cover a tree of comparisons of one attribute; None for any other tree."""
    match node:
        case Compare() if node.attribute is attribute:
            return Covered(spans_of(node), Proof.NEARLY if node.excluded else Proof.EXACT)
        case And(children) | Or(children) if children:
            parts = [covered(child, attribute) for child in children]
            known = [part for part in parts if part is not None]
            if len(known) == len(parts):
                return joined(known) if isinstance(node, And) else _united(known)
    return None


def joined(parts: list[Covered]) -> Covered:
    """Return the spans that cover all of some conditions."""
    spans, proof = parts[0]
    for part in parts[1:]:
        spans, proof = intersection(spans, part.spans), min(proof, part.proof)
    return Covered(spans, proof)


def _united(parts: list[Covered]) -> Covered:
    return Covered(union([span for part in parts for span in part.spans]), min(part.proof for part in parts))


def range_of(slot: str, attribute: Attribute, spans: tuple[Span, ...]) -> Range:
    """Return the range of an attribute's values in a slot that begins with them."""
    breadth = _breadth(spans)
    if not spans:
        estimate = Estimate.NOTHING
    elif breadth is _Breadth.OPEN:
        estimate = Estimate.OPEN
    elif breadth is not _Breadth.WHOLE_VALUES or attribute.distinct < _MANY:
        estimate = Estimate.BETWEEN
    else:
        estimate = Estimate.FEW if attribute.distinct >= _VERY_MANY else Estimate.VALUES
    return Range(slot, spans, estimate, breadth, attribute.distinct)


def composite_range(composite: Composite, leading: Covered, trailing: Covered) -> Range | None:
    """Return the range of some values of the leading attribute, each with the spans of the trailing one.

    None where the leading values are not given one by one, or where these would be too many spans.
    """
    if not all(map(_is_value, leading.spans)):
        return None
    # Above `#`, with which the records begin that have no trailing value.
    ends = intersection((Span(END, HIGH),), trailing.spans)
    if len(leading.spans) * len(ends) > MAX_COMPOSITE_SPANS:
        return None
    spans = tuple(Span(f"{value.low}{end.low}", f"{value.low}{end.high}") for value in leading.spans for end in ends)
    breadth = _breadth(trailing.spans)
    estimates = (Estimate.FEW, Estimate.VALUES, Estimate.VALUES, Estimate.BETWEEN)
    estimate = estimates[breadth] if spans else Estimate.NOTHING
    return Range(composite.slot, spans, estimate, breadth, composite.leading.distinct)


def _breadth(spans: tuple[Span, ...]) -> _Breadth:
    return max(map(_breadth_of, spans), default=_Breadth.WHOLE_VALUES)


def _breadth_of(span: Span) -> _Breadth:
    if _is_value(span):
        return _Breadth.WHOLE_VALUES
    if span.high == span.low + HIGH:
        return _Breadth.BEGINNING
    return _Breadth.OPEN if span.low == LOW or span.high == HIGH else _Breadth.BOUNDED


def _is_value(span: Span) -> bool:
    """Return whether a span holds the records of one value."""
    return span.low[-1] == "#" and span.high == span.low[:-1] + END
