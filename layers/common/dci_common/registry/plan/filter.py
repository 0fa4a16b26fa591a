"""Residual filters: what an access path does not prove, as a DynamoDB filter expression over an entry's facets.

DynamoDB rejects expressions over 4 KB, over 300 operators, and IN over 100 values; a tree that needs more is checked
in Python instead, on the same facets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from dci_common.registry.model.base import Kind
from dci_common.registry.query.tree import And, AnyRelated, Compare, IdIn, Node, Not, Or
from dci_common.registry.storage.facets import HOUSEHOLD_FACETS, Facets, facet_values
from dci_common.registry.storage.keys import record_pk

_MAX_EXPRESSION_BYTES = 4000
_MAX_OPERATORS = 300
_MAX_IN = 100
_SYMBOLS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_PLACEHOLDER = re.compile(r"#\w+")
_OPERATOR = re.compile(r" (?:AND|OR|IN|[<>]=?) |NOT |(?:contains|begins_with|attribute_\w+)\(")
_NEVER = "attribute_not_exists(pk)"  # every record has a key
_ALWAYS = "attribute_exists(pk)"


class Projection(NamedTuple):
    """The facets to read of index entries, as a projection expression with the names that it uses."""

    expression: str
    names: dict[str, str]

    @classmethod
    def of(cls, paths: Iterable[tuple[str, ...]]) -> Projection:
        """Return the projection of the facets at some paths."""
        paths = sorted(set(paths))
        names = {f"#{name}": name for path in paths for name in path}
        return cls(
            ", ".join(f"#f.{'.'.join(f'#{name}' for name in path)}" for path in paths), {"#f": "facets"} | names
        )


ALL_FACETS = Projection("facets", {})


class Filter:
    """A tree as a filter expression; `expression` is None when it must be checked in Python (`holds`)."""

    def __init__(self, tree: Node, kind: Kind) -> None:
        self._kind = kind
        self.names: dict[str, str] = {"#f": "facets"}
        self.values: dict[str, Any] = {}
        self._placeholders: dict[str, str] = {}
        self._expressible = True
        text = self._write(tree, "#f")
        used = set(_PLACEHOLDER.findall(text))  # DynamoDB rejects names that are not used
        self.names = {placeholder: name for placeholder, name in self.names.items() if placeholder in used}
        fits = (
            self._expressible
            and len(text.encode()) <= _MAX_EXPRESSION_BYTES
            and len(_OPERATOR.findall(text)) <= _MAX_OPERATORS
        )
        self.expression = text if fits else None

    def _write(self, node: Node, path: str) -> str:
        """Write the tree about the facets at `path`."""
        match node:
            case And(children):
                return _joined(" AND ", [self._write(child, path) for child in children]) or _ALWAYS
            case Or(children):
                return _joined(" OR ", [self._write(child, path) for child in children]) or _NEVER
            case Not(child):
                return f"(NOT {self._write(child, path)})"
            case AnyRelated(child):
                homes = [f"#f.{self._name(home)}" for home in HOUSEHOLD_FACETS]
                return _joined(" OR ", [self._write(child, home) for home in homes])
            case IdIn(ids) if path == "#f":
                return self._in("pk", [record_pk(self._kind, id_) for id_ in sorted(ids)])
            case IdIn(ids):
                return self._in(f"{path}.{self._name('id')}", sorted(ids))
            case Compare():
                return self._compare(node, f"{path}.{self._name(node.attribute.name)}")
        raise TypeError(node)

    def _compare(self, leaf: Compare, path: str) -> str:
        accepted = self._accept(leaf, path)
        if not leaf.excluded:
            return accepted
        return _joined(" AND ", [accepted, f"(NOT {self._in(path, list(leaf.excluded))})"])

    def _accept(self, leaf: Compare, path: str) -> str:
        first = self._value(leaf.values[0])
        if leaf.operator in _SYMBOLS:
            return f"{path} {_SYMBOLS[leaf.operator]} {first}"
        if leaf.operator == "prefix":
            self._expressible &= not leaf.attribute.many  # no function tests how the values of a list begin
            return f"begins_with({path}, {first})"
        if leaf.attribute.many:
            return _joined(" OR ", [f"contains({path}, {self._value(value)})" for value in leaf.values])
        return self._in(path, list(leaf.values))

    def _in(self, path: str, values: list[str]) -> str:
        chunks = (values[start : start + _MAX_IN] for start in range(0, len(values), _MAX_IN))
        return _joined(" OR ", [f"{path} IN ({','.join(map(self._value, chunk))})" for chunk in chunks]) or _NEVER

    def _name(self, name: str) -> str:
        placeholder = f"#{name}"
        self.names[placeholder] = name
        return placeholder

    def _value(self, value: str) -> str:
        """Return the one placeholder of a value; DynamoDB rejects values that are not used."""
        placeholder = self._placeholders.setdefault(value, f":f{len(self._placeholders)}")
        self.values[placeholder] = {"S": value}
        return placeholder


def holds(node: Node, facets: Facets) -> bool:
    """Return what `matches` returns for the record, from facets that have its `id` too."""
    match node:
        case And(children):
            return all(holds(child, facets) for child in children)
        case Or(children):
            return any(holds(child, facets) for child in children)
        case Not(child):
            return not holds(child, facets)
        case AnyRelated(child):
            return any(holds(child, facets[home]) for home in HOUSEHOLD_FACETS if home in facets)
        case IdIn(ids):
            return facets["id"] in ids
        case Compare():
            return any(map(node.accepts, facet_values(facets, node.attribute.name)))


def _joined(operator: str, parts: list[str]) -> str:
    # DynamoDB rejects parentheses around what needs none.
    return parts[0] if len(parts) == 1 else f"({operator.join(parts)})" if parts else ""
