"""Reads the standard's `expression` queries: conditions in the style of MongoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dci_common.registry.errors import InvalidQuery
from dci_common.registry.query.conditions import Conditions
from dci_common.registry.query.tree import Node, all_of, any_of, negated

MAX_DEPTH = 20
_MAX_PARTS = 100
_COMPARISONS = {"$eq": "eq", "$gt": "gt", "$gte": "ge", "$lt": "lt", "$lte": "le", "$in": "in"}
_NEGATIONS = {"$ne": "eq", "$nin": "in"}
_LISTS: dict[str, Callable[[list[Node]], Node]] = {
    "$and": all_of,
    "$or": any_of,
    "$nor": lambda nodes: all_of(negated(node) for node in nodes),
}
_OPERATORS = ", ".join([*_LISTS, *_COMPARISONS, *_NEGATIONS, "$not"])


def read_expression(query: object, conditions: Conditions) -> Node:
    """Return the tree of `{"type": any, "value": {"expression": {"collection": ..., "query": {...}}}}`.

    Raises InvalidQuery or InvalidCondition.
    """
    expression = _member(
        _member(query, "query", "value", {"type", "value"}), "query.value", "expression", {"expression"}
    )
    conditioned = _member(expression, "query.value.expression", "query", {"collection", "query"})
    return _object(conditioned, "query.value.expression.query", conditions, MAX_DEPTH)


def collection(query: object) -> object:
    """Return the record type that an expression names, of any JSON type; None when it names none."""
    value = query.get("value") if isinstance(query, dict) else None
    expression = value.get("expression") if isinstance(value, dict) else None
    named = expression.get("collection") if isinstance(expression, dict) else None
    return None if named == "" else named


def _member(value: object, where: str, name: str, known: set[str]) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(value, dict) or name not in value:
        raise InvalidQuery(f"{where} must be an object with {name}.")
    if any(key not in known and not key.startswith("@") for key in value):
        raise InvalidQuery(f"{where} has a member that is not understood; it may have {', '.join(sorted(known))}.")
    return value[name]


def _object(value: object, where: str, conditions: Conditions, depth: int) -> Node:
    """Read an object: its members are all ANDed."""
    if not isinstance(value, dict) or not value:
        raise InvalidQuery(f"{where} must be an object with at least one condition.")
    if depth == 0:
        raise InvalidQuery(f"The query is nested more than {MAX_DEPTH} deep.")
    if len(value) > _MAX_PARTS:
        raise InvalidQuery(f"{where} has more than {_MAX_PARTS} members.")
    return all_of(_parts(value, where, conditions, depth))


def _parts(value: dict[str, Any], where: str, conditions: Conditions, depth: int) -> Iterator[Node]:
    for name, operand in value.items():
        if name in _LISTS:
            yield _LISTS[name]([*_items(operand, f"{where}.{name}", conditions, depth)])
        elif name == "$not":
            yield negated(_object(operand, f"{where}.$not", conditions, depth - 1))
        elif name.startswith("$"):
            raise InvalidQuery(f"{where} has an operator that is not understood; these are: {_OPERATORS}.")
        else:
            yield _condition(name, operand, where, conditions, depth)


def _items(operand: object, where: str, conditions: Conditions, depth: int) -> Iterator[Node]:
    if operand == []:
        raise InvalidQuery(f"{where} is empty: give it at least one condition.")
    if not isinstance(operand, list) or len(operand) > _MAX_PARTS:
        raise InvalidQuery(f"{where} must be a list of 1 to {_MAX_PARTS} objects.")
    for number, item in enumerate(operand):
        yield _object(item, f"{where}.{number}", conditions, depth - 1)


def _condition(name: str, operand: object, where: str, conditions: Conditions, depth: int) -> Node:
    """Read the conditions on one attribute: `{"$gt": 1, "$lt": 5}`, or a bare value."""
    if not isinstance(operand, dict):
        return conditions.compare(name, "eq", operand, where)
    if depth == 0:
        raise InvalidQuery(f"The query is nested more than {MAX_DEPTH} deep.")
    attribute = conditions.attribute(name, where)
    if not operand:
        raise InvalidQuery(f"{where}: {attribute.name} needs a condition, such as $eq.")
    nodes = []
    for operator, value in operand.items():
        if operator in _COMPARISONS:
            nodes.append(conditions.compare(name, _COMPARISONS[operator], value, where))
        elif operator in _NEGATIONS:
            nodes.append(negated(conditions.compare(name, _NEGATIONS[operator], value, where)))
        elif operator == "$not":
            nodes.append(negated(_condition(name, value, where, conditions, depth - 1)))
        else:
            raise InvalidQuery(f"{where}: {attribute.name} has an operator that is not understood: {_OPERATORS}.")
    return all_of(nodes)
