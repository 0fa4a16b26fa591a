"""The query tree: every query type of the standard becomes one, and `matches` defines what it means.

A plan and its execution must find exactly the records that `matches` accepts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import AnyView, related_entries


@dataclass(frozen=True, slots=True)
class Compare:
    """An attribute compared with one value, or with any of several (`in`). Values are normalised.

    The operators are the standard's (`eq in lt le gt ge`), and `prefix`. A few values may be `excluded` from `lt`,
    `le` and `prefix`.
    """

    attribute: Attribute
    operator: str
    values: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    _set: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_set", frozenset(self.values))

    def accepts(self, value: str) -> bool:
        """Return whether one value satisfies the comparison; normalised values sort as the values do."""
        match self.operator:
            case "lt":
                return value < self.values[0] and value not in self.excluded
            case "le":
                return value <= self.values[0] and value not in self.excluded
            case "gt":
                return value > self.values[0]
            case "ge":
                return value >= self.values[0]
            case "prefix":
                return value.startswith(self.values[0]) and value not in self.excluded
            case _:  # eq, in
                return value in self._set


@dataclass(frozen=True, slots=True)
class IdIn:
    """The record has one of these ids: the result of a lookup."""

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
    """The child does not hold; so it is true of a record that lacks the attribute that the child compares."""

    child: Node


@dataclass(frozen=True, slots=True)
class AnyRelated:
    """The child holds for one of a person's households, or one of a group's members, that is disclosed today."""

    child: Node


COMPARISONS_AN_ENTRY = 20  # so many in Python take about as long as it takes to read an index entry
_VALUES = 4  # that a record has of an attribute that may have several, such as the levels of a place

Node = And | Or | Not | Compare | IdIn | AnyRelated

NOTHING = Or(())
EVERYTHING = And(())


class Query(NamedTuple):
    """A tree about one kind of record, on one day (a membership may end tomorrow)."""

    kind: Kind
    tree: Node
    today: date


def all_of(nodes: Iterable[Node]) -> Node:
    """Join by AND. Conditions on related records then hold for one and the same household, or member.

    A negated condition joins the others when a plain one is present; alone it says that no household fulfils it.
    """
    flat = [part for node in nodes for part in (node.children if isinstance(node, And) else (node,))]
    related = [node.child for node in flat if isinstance(node, AnyRelated)]
    if related:
        related += [
            Not(node.child.child) for node in flat if isinstance(node, Not) and isinstance(node.child, AnyRelated)
        ]
        flat = [node for node in flat if not _is_related(node)]
        flat.append(AnyRelated(all_of(related)))
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(nodes: Iterable[Node]) -> Node:
    """Join by OR."""
    flat = [part for node in nodes for part in (node.children if isinstance(node, Or) else (node,))]
    if len(flat) == 1:
        return flat[0]
    related = [node.child for node in flat if isinstance(node, AnyRelated)]
    return AnyRelated(any_of(related)) if related and len(related) == len(flat) else Or(tuple(flat))


def negated(node: Node) -> Node:
    """Negate."""
    return node.child if isinstance(node, Not) else Not(node)


def _is_related(node: Node) -> bool:
    return isinstance(node, AnyRelated) or (isinstance(node, Not) and isinstance(node.child, AnyRelated))


def leaves(node: Node) -> Iterator[Compare | IdIn]:
    """Yield the comparisons of a tree, from left to right."""
    match node:
        case And(children) | Or(children):
            for child in children:
                yield from leaves(child)
        case Not(child) | AnyRelated(child):
            yield from leaves(child)
        case _:
            yield node


def most_matches(node: Node) -> int | None:
    """Return the largest number of records that can satisfy a tree; None when only the registry knows.

    A value of a unique type belongs to one record.
    """
    match node:
        case Compare(attribute, _, values) if attribute.type.unique:
            return len(set(values))
        case And(children):
            return min((most for child in children if (most := most_matches(child)) is not None), default=None)
        case Or(children):
            parts = [most_matches(child) for child in children]
            return sum(part or 0 for part in parts) if None not in parts else None
    return None


def matches(node: Node, view: AnyView, today: date) -> bool:
    """Return whether a record's view satisfies the tree. A missing value satisfies no comparison."""
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
        case Compare():
            return any(map(node.accepts, node.attribute.values(view, today)))


def reads_related(node: Node) -> bool:
    """Return whether it may depend on related records if a record satisfies the tree."""
    match node:
        case And(children) | Or(children):
            return any(map(reads_related, children))
        case Not(child):
            return reads_related(child)
        case AnyRelated():
            return True
        case Compare(attribute):
            return attribute.inherited or attribute.volatile
    return False


class Effort(NamedTuple):
    """How many comparisons it takes about to decide whether a record matches: of its own, and of each related one."""

    own: int
    related: int

    @classmethod
    def of(cls, tree: Node) -> Effort:
        """Return the effort of a tree."""
        match tree:
            case And(children) | Or(children):
                parts = [cls.of(child) for child in children]
                return cls(sum(part.own for part in parts), sum(part.related for part in parts))
            case Not(child):
                return cls.of(child)
            case AnyRelated(child):
                return cls(0, cls.of(child).own)
            case Compare(attribute) if attribute.many:
                return cls(_VALUES, 0)
            case _:
                return cls(1, 0)

    @property
    def of_facets(self) -> int:
        """How many more entries than one an index entry counts as, which carries two households at most."""
        return (self.own + 2 * self.related) // COMPARISONS_AN_ENTRY

    def of_view(self, view: AnyView, today: date) -> int:
        """Return how many more entries than one the record counts as."""
        related = self.related * len(related_entries(view, today)) if self.related else 0
        return (self.own + related) // COMPARISONS_AN_ENTRY
