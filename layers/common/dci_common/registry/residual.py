"""What an access path does not prove, as a DynamoDB filter expression over an index entry's facets.

DynamoDB refuses expressions over 4 KB or 300 operators, and IN over 100 values; a tree that needs more is checked
in Python instead, on the same facets.
"""

from __future__ import annotations

import re
from typing import Any

from dci_common.registry.keys import record_pk
from dci_common.registry.model import Kind
from dci_common.registry.query import And, Compare, Node, Not, OneOf, Or

_MAX_EXPRESSION_BYTES = 4000
_MAX_OPERATORS = 300
_MAX_IN = 100
_OPERATOR = re.compile(r" (?:AND|OR|IN|<=?|>=?) |NOT ")
_SYMBOLS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Filter:
    """A tree as filter expression; `expression` is None where it must be checked in Python."""

    def __init__(self, tree: Node, kind: Kind) -> None:
        self._kind = kind
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._placeholders: dict[str, str] = {}
        text = self._write(tree)
        fits = len(text) <= _MAX_EXPRESSION_BYTES and len(_OPERATOR.findall(text)) <= _MAX_OPERATORS
        self.expression = text if fits else None

    def _write(self, node: Node) -> str:
        match node:
            case And(children):
                return _joined(" AND ", [self._write(child) for child in children])
            case Or(children):
                return _joined(" OR ", [self._write(child) for child in children])
            case Not(child):
                return f"(NOT {self._write(child)})"
            case OneOf(ids):
                return self._in("pk", [record_pk(self._kind, id_) for id_ in sorted(ids)])
            case Compare(attribute, operator, values):
                path = f"facets.{self._name(attribute.name)}"
                if operator in _SYMBOLS:
                    return f"{path} {_SYMBOLS[operator]} {self._value(values[0])}"
                return self._in(path, list(values))

    def _in(self, path: str, values: list[str]) -> str:
        if not values:
            return "attribute_not_exists(pk)"  # nothing is like this
        chunks = (values[start : start + _MAX_IN] for start in range(0, len(values), _MAX_IN))
        return _joined(" OR ", [f"{path} IN ({','.join(map(self._value, chunk))})" for chunk in chunks])

    def _name(self, name: str) -> str:
        placeholder = f"#{name}"
        self.names[placeholder] = name
        return placeholder

    def _value(self, value: str) -> str:
        placeholder = self._placeholders.setdefault(value, f":f{len(self._placeholders)}")
        self.values[placeholder] = {"S": value}
        return placeholder


def _joined(operator: str, parts: list[str]) -> str:
    # DynamoDB refuses parentheses around what needs none.
    return parts[0] if len(parts) == 1 else f"({operator.join(parts)})"
