"""From the standard's queries to the query tree.

A query that is not understood is rejected: never does a part of it silently mean "no filter". The sentences name
attributes and operators that exist, and never repeat what was sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from dci_common.errors import Rejection
from dci_common.registry import forms
from dci_common.registry.catalogue import Attribute, Catalogue, Type
from dci_common.registry.disclosure import Disclosure
from dci_common.registry.model import Kind
from dci_common.registry.query import And, Compare, Node, Not, Or, leaves

MAX_LEAVES = 100
MAX_VALUES = 100
_MAX_BITS = 512
_EXPRESSION = re.compile(r"expression[1-9][0-9]{0,2}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:.]+(Z|[+-][0-9:]+)?)?")


def _criteria(message: str) -> Rejection:
    return Rejection("rjct.search_criteria.invalid", message)


def _filter(message: str) -> Rejection:
    return Rejection("rjct.filter.invalid", message)


@dataclass(frozen=True, slots=True)
class QueryParser:
    """Reads queries about one kind of record, for a client that may see `disclosure`."""

    catalogue: Catalogue
    kind: Kind
    disclosure: Disclosure

    def parse(self, query_type: str, query: object) -> Node:
        """Read a query. Raises Rejection.

        A predicate list under `query_type: expression`, as the standard's own samples have it, is a predicate.
        """
        if isinstance(query, list) and query_type in {"predicate", "expression"}:
            return self._predicate(query)
        if query_type == "expression":
            raise _criteria("query_type expression is not served yet: use predicate or idtype-value.")
        if query_type == "predicate":
            raise _criteria("A predicate query is a list of expressions.")
        return self._idtype_value(query)

    def _idtype_value(self, query: object) -> Node:
        members = _complete(query, "An idtype-value query", {"type", "value"})
        return self._compare(members["type"], "eq", members["value"], "query")

    def _predicate(self, items: list[object]) -> Node:
        if not items:
            raise _criteria("The predicate query is empty: give at least one expression.")
        parts = [self._predicate_item(item, f"query.{place}") for place, item in enumerate(items)]
        node = parts[0] if len(parts) == 1 else And(tuple(parts))
        if sum(1 for _ in leaves(node)) > MAX_LEAVES:
            raise _criteria(f"The query has more than {MAX_LEAVES} expressions.")
        return node

    def _predicate_item(self, item: object, where: str) -> Node:
        """Read one entry of a predicate. Entries are all ANDed, so the order that seq_num gives changes nothing."""
        members = _members(item, where, {"seq_num", "condition"}, _EXPRESSION)
        names = sorted((name for name in members if _EXPRESSION.fullmatch(name)), key=lambda name: int(name[10:]))
        if names != [f"expression{number}" for number in range(1, len(names) + 1)] or not names:
            raise _criteria(f"{where} must have expression1, then expression2 and so on without a gap.")
        _check_seq_num(members.get("seq_num"), where)
        nodes = [self._expression(members[name], f"{where}.{name}") for name in names]
        return _join(nodes, members.get("condition"), where)

    def _expression(self, expression: object, where: str) -> Node:
        members = _complete(expression, where, {"attribute_name", "operator", "attribute_value"})
        return self._compare(members["attribute_name"], members["operator"], members["attribute_value"], where)

    def _compare(self, name: object, asked: object, raw: object, where: str) -> Node:
        attribute = self._attribute(name, where)
        operator = asked.lower() if isinstance(asked, str) else ""
        if operator not in attribute.operators:
            offered = ", ".join(attribute.operators)
            raise _filter(f"{where}: {attribute.name} can be asked with the operators {offered}.")
        values = tuple(_value(attribute, value, where) for value in _listed(raw, operator, where))
        return Compare(attribute, operator, values)

    def _attribute(self, name: object, where: str) -> Attribute:
        if not isinstance(name, str) or not name.strip():
            raise _filter(f"{where} must name an attribute.")
        attribute = self.catalogue.find(name)
        if attribute is None or self.kind not in attribute.disclosed_by:
            asked = ", ".join(self.catalogue.names(self.kind))
            raise _filter(f"{where}: this attribute can not be asked of the record type. These can: {asked}.")
        if not attribute.disclosed_by[self.kind] <= self.disclosure:
            raise _filter(f"{where}: {attribute.name} is not disclosed to this client, so it can not be asked.")
        return attribute


def _members(value: object, where: str, known: set[str], pattern: re.Pattern[str] | None = None) -> dict[str, Any]:
    """Return an object's members that are not blank; JSON-LD's own (`@type`) say nothing about the query."""
    offered = ", ".join(sorted(known | ({"expression1 (expression2 ...)"} if pattern else set())))
    if not isinstance(value, dict):
        raise _criteria(f"{where} must be an object with {offered}.")
    members = {name: member for name, member in value.items() if not name.startswith("@")}
    if any(name not in known and not (pattern and pattern.fullmatch(name)) for name in members):
        raise _criteria(f"{where} has a member that is not understood; it may have {offered}.")
    return {name: member for name, member in members.items() if member is not None and member != ""}


def _complete(value: object, where: str, known: set[str]) -> dict[str, Any]:
    """Return the members of an object that must have all of them."""
    members = _members(value, where, known)
    if members.keys() != known:
        raise _criteria(f"{where} must have {' and '.join(sorted(known))}.")
    return members


def _join(nodes: list[Node], condition: object, where: str) -> Node:
    if len(nodes) == 1 and condition is None:
        return nodes[0]
    if len(nodes) == 1:
        raise _criteria(f"{where}: a condition joins two expressions; expression2 is missing.")
    match condition.lower() if isinstance(condition, str) else None:
        case "and":
            return And(tuple(nodes))
        case "or":
            return Or(tuple(nodes))
        case "not":
            return And((nodes[0], *(Not(node) for node in nodes[1:])))
    raise _criteria(f"{where}.condition must be and, or, or not.")


def _check_seq_num(value: object, where: str) -> None:
    if isinstance(value, (int, float)) or value is None:
        return
    if not (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise _criteria(f"{where}.seq_num must be a number.")


def _listed(raw: object, operator: str, where: str) -> list[object]:
    """Return the values to compare with: one, or for `in` a list or its comma-separated spelling."""
    values: list[object] = [raw]
    if operator == "in":
        values = raw if isinstance(raw, list) else [*raw.split(",")] if isinstance(raw, str) else [raw]
    if not 1 <= len(values) <= MAX_VALUES:
        raise _filter(f"{where}: give 1 to {MAX_VALUES} values.")
    return values


def _value(attribute: Attribute, raw: object, where: str) -> str:
    if raw is None or isinstance(raw, (dict, list)) or len(text := _text(raw)) == 0:
        raise _filter(f"{where}: {attribute.name} needs a value that is a string or a number.")
    if len(text.encode()) > forms.MAX_VALUE_BYTES:
        raise _filter(f"{where}: a value has more than {forms.MAX_VALUE_BYTES} bytes.")
    match attribute.type:
        case Type.DATE:
            return _date(attribute, text, where)
        case Type.PHONE:
            return forms.phone(text)
        case Type.EMAIL:
            return forms.email(text)
        case _:
            return text


def _text(raw: object) -> str:
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, int) and raw.bit_length() > _MAX_BITS:
        return ""  # no identifier is such a number, and Python refuses to write the largest
    return str(raw).strip()


def _date(attribute: Attribute, text: str, where: str) -> str:
    written = _DATE.fullmatch(text)
    try:
        return date.fromisoformat(written[1] if written else "").isoformat()
    except ValueError as error:
        raise _filter(f"{where}: {attribute.name} needs a date such as 1990-01-31.") from error
