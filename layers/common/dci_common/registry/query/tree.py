"""The query tree: what every query type of the standard becomes, and what it means.

`matches` is the meaning. The planner and the executor must find exactly the records that it accepts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dci_common.registry.catalogue.attributes import Attribute, is_shown
from dci_common.registry.model.base import Kind


@dataclass(frozen=True, slots=True)
class Compare:
    """An attribute compared with a value, or with any of several (`in`). Values are in their matched form.

    The operators are the standard's (`eq in lt le gt ge`), and `prefix`.
    """

    attribute: Attribute
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdIn:
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


@dataclass(frozen=True, slots=True)
class AnyRelated:
    """The child holds for one of a person's households, or for one of a group's members, that is there today."""

    child: Node


Node = And | Or | Not | Compare | IdIn | AnyRelated

NOTHING = Or(())


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of which kind of record, on which day (a membership may be over tomorrow)."""

    kind: Kind
    tree: Node
    today: date


def all_of(nodes: Iterable[Node]) -> Node:
    """Join by AND. What is asked of households, or of members, is then asked of one and the same of them.

    A negated condition joins in when a plain one is there; alone it says that no household fulfils it.
    """
    flat = [part for node in nodes for part in (node.children if isinstance(node, And) else (node,))]
    asked = [node.child for node in flat if isinstance(node, AnyRelated)]
    if asked:
        asked += [
            Not(node.child.child) for node in flat if isinstance(node, Not) and isinstance(node.child, AnyRelated)
        ]
        flat = [node for node in flat if not _is_joined(node)]
        flat.append(AnyRelated(all_of(asked)))
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(nodes: Iterable[Node]) -> Node:
    """Join by OR."""
    flat = [part for node in nodes for part in (node.children if isinstance(node, Or) else (node,))]
    if len(flat) == 1:
        return flat[0]
    asked = [node.child for node in flat if isinstance(node, AnyRelated)]
    return AnyRelated(any_of(asked)) if asked and len(asked) == len(flat) else Or(tuple(flat))


def negated(node: Node) -> Node:
    """Negate."""
    return node.child if isinstance(node, Not) else Not(node)


def _is_joined(node: Node) -> bool:
    return isinstance(node, AnyRelated) or (isinstance(node, Not) and isinstance(node.child, AnyRelated))


def leaves(node: Node) -> Iterator[Compare | IdIn]:
    """Walk the comparisons of a tree."""
    match node:
        case And(children) | Or(children):
            for child in children:
                yield from leaves(child)
        case Not(child) | AnyRelated(child):
            yield from leaves(child)
        case _:
            yield node


def related_entries(view: Mapping[str, Any], today: date) -> list[Mapping[str, Any]]:
    """Return the households of a person, or the members of a group, that are there today."""
    entries = view["households"] if "households" in view else view.get("members", ())
    return [entry for entry in entries if is_shown(entry, today)]


def matches(node: Node, view: Mapping[str, Any], today: date) -> bool:
    """Tell whether a record's view satisfies the tree. A missing value satisfies no comparison."""
    match node:
        case And(children):
            return all(matches(child, view, today) for child in children)
        case Or(children):
            return any(matches(child, view, today) for child in children)
        case Not(child):
            return not matches(child, view, today)
        case AnyRelated(child):
            return any(matches(child, entry, today) for entry in related_entries(view, today))
        case IdIn(ids):
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
        case "prefix":
            return value.startswith(wanted[0])
        case _:  # eq, in
            return value in wanted
