"""Canonical trees: queries that differ only in the order or the grouping of their conditions become one tree.

The plan of a search, and so its cost, then depends on what was asked and not on how it was written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.query.tree import And, AnyRelated, Compare, IdIn, Node, Not, Or

# Of nodes of the same rank, the other members decide. All keys have the same shape, so that any two compare.
_RANKS: dict[type[Node], int] = {Compare: 0, IdIn: 1, AnyRelated: 2, Not: 3, And: 4, Or: 5}
_EQUALITY = frozenset({"eq", "in"})
_Key = tuple[Any, ...]  # (rank, attribute, operator, values, excluded values, keys of the children)


def canonical(node: Node) -> Node:
    """Return the tree that all writings of a query have in common; the same records satisfy it.

    AND and OR are flattened, sorted, and have each child once. In an OR, what is equal to some value of an attribute
    is one comparison, and conditions on related records are one condition.
    """
    match node:
        case And(children):
            return _join(And, map(canonical, children))
        case Or(children):
            return _join(Or, _merged(_flat(Or, map(canonical, children))))
        case Not(child):
            inner = canonical(child)
            return inner.child if isinstance(inner, Not) else Not(inner)
        case AnyRelated(child):
            return AnyRelated(canonical(child))
        case Compare() if node.operator in _EQUALITY and (node.operator, len(node.values)) != ("eq", 1):
            return _equal(node.attribute, node.values)
    return node


def _join(operator: type[And | Or], nodes: Iterable[Node]) -> Node:
    children = sorted(dict.fromkeys(_flat(operator, nodes)), key=_key)
    return children[0] if len(children) == 1 else operator(tuple(children))


def _flat(operator: type[And | Or], nodes: Iterable[Node]) -> list[Node]:
    return [child for node in nodes for child in (node.children if isinstance(node, operator) else (node,))]


def _merged(children: list[Node]) -> list[Node]:
    """Merge the children of an OR that are equalities of one attribute, and those about related records."""
    others: list[Node] = []
    equal: dict[Attribute, list[str]] = {}
    related: list[Node] = []
    for child in children:
        match child:
            case Compare(attribute) if child.operator in _EQUALITY:
                equal.setdefault(attribute, []).extend(child.values)
            case AnyRelated(condition):
                related.append(condition)
            case _:
                others.append(child)
    others += [_equal(attribute, values) for attribute, values in equal.items()]
    return [*others, AnyRelated(canonical(Or(tuple(related))))] if related else others


def _equal(attribute: Attribute, values: Iterable[str]) -> Compare:
    wanted = tuple(sorted(set(values)))
    return Compare(attribute, "eq" if len(wanted) == 1 else "in", wanted)


def _key(node: Node) -> _Key:
    rank = _RANKS[type(node)]
    match node:
        case Compare(attribute, operator, values, excluded):
            return rank, attribute.name, operator, values, excluded, ()
        case IdIn(ids):
            return rank, "", "", tuple(sorted(ids)), (), ()
        case And(children) | Or(children):
            return rank, "", "", (), (), tuple(map(_key, children))
        case Not(child) | AnyRelated(child):
            return rank, "", "", (), (), (_key(child),)
