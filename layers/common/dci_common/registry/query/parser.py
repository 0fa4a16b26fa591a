"""Reads the standard's queries into the query tree.

A query that is not understood is rejected: no part of it ever silently means "no filter". The messages name
attributes and operators that exist, and never repeat what was sent.
"""

from __future__ import annotations

import re
from typing import Any

from dci_common.registry.errors import InvalidQuery, InvalidSort
from dci_common.registry.query.conditions import MAX_LEAVES, Conditions
from dci_common.registry.query.expression import read_expression
from dci_common.registry.query.sort import SortKey
from dci_common.registry.query.tree import Node, all_of, any_of, negated

MAX_SORT_KEYS = 5
_EXPRESSION = re.compile(r"expression[1-9][0-9]{0,2}")
_NUMBER = re.compile(r"[0-9]{1,9}")


def parse(query_type: str, query: object, conditions: Conditions) -> Node:
    """Return the tree of a query. Raises InvalidQuery or InvalidCondition.

    A predicate list under `query_type: expression`, as the standard's own samples have it, is a predicate.
    """
    conditions.start()
    if isinstance(query, list) and query_type in {"predicate", "expression"}:
        tree = _predicate(query, conditions)
    elif query_type == "expression":
        tree = read_expression(query, conditions)
    elif query_type == "predicate":
        raise InvalidQuery("A predicate query is a list of expressions.")
    else:
        members = _complete(query, "An idtype-value query", {"type", "value"})
        tree = conditions.compare(members["type"], "eq", members["value"], "query")
    return tree


def parse_sort(sort: object, conditions: Conditions) -> tuple[SortKey, ...]:
    """Return the keys of `[{"attribute_name": ..., "sort_order": "asc" | "desc"}]`.

    Raises InvalidSort, or InvalidCondition for an attribute that is not disclosed.
    """
    if sort is None:
        return ()
    items = sort if isinstance(sort, list) else [sort]
    if len(items) > MAX_SORT_KEYS:
        raise InvalidSort(f"sort has more than {MAX_SORT_KEYS} keys.")
    return tuple(_sort_key(item, f"sort.{number}", conditions) for number, item in enumerate(items))


def _sort_key(item: object, where: str, conditions: Conditions) -> SortKey:
    members = item if isinstance(item, dict) else {}
    order = members.get("sort_order") or "asc"
    if not isinstance(order, str) or order.lower() not in {"asc", "desc"}:
        raise InvalidSort(f"{where}.sort_order must be asc or desc.")
    if any(name not in {"attribute_name", "sort_order"} and not name.startswith("@") for name in members):
        raise InvalidSort(f"{where} has a member that is not understood; it may have attribute_name and sort_order.")
    key = conditions.sort_key(members.get("attribute_name"), descending=order.lower() == "desc", where=where)
    if key is None:
        raise InvalidSort(f"{where}.attribute_name must name an attribute that can be asked.")
    return key


def _predicate(items: list[object], conditions: Conditions) -> Node:
    if not items:
        raise InvalidQuery("The predicate query is empty: give at least one expression.")
    if len(items) > MAX_LEAVES:
        raise InvalidQuery(f"The query has more than {MAX_LEAVES} conditions.")
    return all_of(_predicate_item(item, f"query.{number}", conditions) for number, item in enumerate(items))


def _predicate_item(item: object, where: str, conditions: Conditions) -> Node:
    """Read one entry of a predicate. All entries are ANDed, so the order that seq_num gives has no effect."""
    members = _members(item, where, {"seq_num", "condition"}, _EXPRESSION)
    names = sorted((name for name in members if _EXPRESSION.fullmatch(name)), key=lambda name: int(name[10:]))
    if names != [f"expression{number}" for number in range(1, len(names) + 1)] or not names:
        raise InvalidQuery(f"{where} must have expression1, then expression2 and so on without a gap.")
    _check_seq_num(members.get("seq_num"), where)
    nodes = [_comparison(members[name], f"{where}.{name}", conditions) for name in names]
    return _join(nodes, members.get("condition"), where)


def _comparison(expression: object, where: str, conditions: Conditions) -> Node:
    members = _complete(expression, where, {"attribute_name", "operator", "attribute_value"})
    return conditions.compare(members["attribute_name"], members["operator"], members["attribute_value"], where)


def _members(value: object, where: str, known: set[str], pattern: re.Pattern[str] | None = None) -> dict[str, Any]:
    """Return an object's members that are not blank, without those of JSON-LD (`@type`)."""
    if not isinstance(value, dict):
        raise InvalidQuery(f"{where} must be an object with {_offered(known, pattern)}.")
    members = {name: member for name, member in value.items() if not name.startswith("@")}
    others = members.keys() - known
    if others and not (pattern and all(map(pattern.fullmatch, others))):
        offered = _offered(known, pattern)
        raise InvalidQuery(f"{where} has a member that is not understood; it may have {offered}.")
    return {name: member for name, member in members.items() if member is not None and member != ""}


def _offered(known: set[str], pattern: re.Pattern[str] | None) -> str:
    return ", ".join(sorted(known | ({"expression1 (expression2 ...)"} if pattern else set())))


def _complete(value: object, where: str, known: set[str]) -> dict[str, Any]:
    """Return the members of an object that must have all of them."""
    members = _members(value, where, known)
    if members.keys() != known:
        given = value if isinstance(value, dict) else {}
        empty = [f"{where}.{name} is empty: " for name in sorted(known) if given.get(name) == ""]
        raise InvalidQuery(f"{''.join(empty[:1])}{where} must have {' and '.join(sorted(known))}.")
    return members


def _join(nodes: list[Node], condition: object, where: str) -> Node:
    if len(nodes) == 1 and condition is None:
        return nodes[0]
    if len(nodes) == 1:
        raise InvalidQuery(f"{where}: a condition joins two expressions; expression2 is missing.")
    match condition.lower() if isinstance(condition, str) else None:
        case "and":
            return all_of(nodes)
        case "or":
            return any_of(nodes)
        case "not":
            return all_of([nodes[0], *(negated(node) for node in nodes[1:])])
    raise InvalidQuery(f"{where}.condition must be and, or, or not.")


def _check_seq_num(value: object, where: str) -> None:
    if isinstance(value, (int, float)) or value is None:
        return
    if not (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise InvalidQuery(f"{where}.seq_num must be a number.")
