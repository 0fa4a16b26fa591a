"""Spans: the parts of an index slot in which the values of a comparison are."""

from __future__ import annotations

from typing import NamedTuple

from dci_common.registry.query.tree import Compare

LOW, HIGH = " ", "\U0010ffff"
END = "$"  # the character after `#`, which ends a value in a slot


class Span(NamedTuple):
    """Slot values from `low` to `high`; no slot value ever equals a bound."""

    low: str
    high: str


def spans_of(comparison: Compare) -> tuple[Span, ...]:
    """Return the disjoint, ascending spans that hold exactly the values of a comparison."""
    first = comparison.values[0]
    match comparison.operator:
        case "lt":
            return (Span(LOW, f"{first}#"),)
        case "le":
            return (Span(LOW, f"{first}{END}"),)
        case "gt":
            return (Span(f"{first}{END}", HIGH),)
        case "ge":
            return (Span(f"{first}#", HIGH),)
        case "prefix":
            return (Span(first, first + HIGH),)
    return tuple(Span(f"{value}#", f"{value}{END}") for value in sorted(set(comparison.values)))


def intersection(one: tuple[Span, ...], other: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return what two ascending sequences of spans have in common."""
    crossed, ones, others = [], list(reversed(one)), list(reversed(other))
    while ones and others:
        a, b = ones[-1], others[-1]
        crossed.append(Span(max(a.low, b.low), min(a.high, b.high)))
        (ones if a.high < b.high else others).pop()
    return tuple(span for span in crossed if span.low < span.high)


def union(spans: list[Span]) -> tuple[Span, ...]:
    """Return spans merged where they overlap or touch, ascending."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.low <= merged[-1].high:
            merged[-1] = Span(merged[-1].low, max(merged[-1].high, span.high))
        else:
            merged.append(span)
    return tuple(merged)
