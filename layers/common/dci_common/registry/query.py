"""The query tree: what every query type of the standard becomes, and what it means.

`matches` is the meaning. The planner and the executor must find exactly the records that it accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dci_common.registry.catalogue import Attribute
from dci_common.registry.model import Kind


@dataclass(frozen=True, slots=True)
class Compare:
    """An attribute compared with a value, or with any of several (`in`). Values are in their matched form."""

    attribute: Attribute
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """The records with these ids: what a lookup became once it was resolved."""

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class And:
    """All of the children hold."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the children holds."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The child does not hold; so it is true of a record that lacks what the child compares."""

    child: Node


Node = And | Or | Not | Compare | OneOf


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of which kind of record, on which day (a membership may be over tomorrow)."""

    kind: Kind
    tree: Node
    today: date


def leaves(node: Node) -> Iterator[Compare | OneOf]:
    """Walk the comparisons of a tree."""
    match node:
        case And(children) | Or(children):
            for child in children:
                yield from leaves(child)
        case Not(child):
            yield from leaves(child)
        case _:
            yield node


def matches(node: Node, view: Mapping[str, Any], today: date) -> bool:
    """Tell whether a record's view (or its facets) satisfies the tree. A missing value satisfies no comparison."""
    match node:
        case And(children):
            return all(matches(child, view, today) for child in children)
        case Or(children):
            return any(matches(child, view, today) for child in children)
        case Not(child):
            return not matches(child, view, today)
        case OneOf(ids):
            return view["id"] in ids
        case Compare(attribute, operator, wanted):
            return any(compare(value, operator, wanted) for value in attribute.values(view, today))


def compare(value: str, operator: str, wanted: tuple[str, ...]) -> bool:
    """Compare one value; the matched forms of ordered types sort as their values do."""
    match operator:
        case "lt":
            return value < wanted[0]
        case "le":
            return value <= wanted[0]
        case "gt":
            return value > wanted[0]
        case "ge":
            return value >= wanted[0]
        case _:  # eq, in
            return value in wanted
