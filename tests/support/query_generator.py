"""Random queries of a registry, in all query types of the standard."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registries.social.code_lists import MARITAL_STATUS, SEX
from dci_common.registries.social.disclosure import FULL
from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.catalogue.value_types import BOOLEAN, DATE, EMAIL, MOMENT, NUMBER, PARTIAL_DATE, PHONE, TEXT
from dci_common.registry.errors import QueryError
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.query.conditions import Conditions
from dci_common.registry.query.parser import parse, parse_sort
from dci_common.registry.query.sort import SortKey
from dci_common.registry.query.tree import Node
from support.registries import TODAY

OWN_TYPES = ("CARD NO", "NATIONAL ID")
CATALOGUE = SOCIAL_CATALOGUE.with_identifier_types(OWN_TYPES)
Values = dict[str, list[str]]  # attribute name → values worth asking for
Sent = tuple[str, str, list[str]]  # a spelling of an attribute, an operator, values
_NOBODYS = {PHONE: "+1", EMAIL: "nobody@example.org", DATE: "2000-01-01", MOMENT: "2026-01-02",
            PARTIAL_DATE: "2000-02", NUMBER: "3", SEX: "u", MARITAL_STATUS: "divorced",
            BOOLEAN: "no"}  # fmt: skip
_SIGNS = {"eq": "$eq", "in": "$in", "lt": "$lt", "le": "$lte", "gt": "$gt", "ge": "$gte"}


@dataclass(frozen=True)
class RandomQuery:
    """A query as it is sent, for which records, and in which order."""

    kind: Kind
    record_type: dict[str, str]
    query_type: str
    query: object
    sort: list[dict[str, str]]

    @cached_property
    def _conditions(self) -> Conditions:
        return Conditions(CATALOGUE, self.kind, FULL, TODAY)

    @cached_property
    def tree(self) -> Node:
        """What the query means."""
        return parse(self.query_type, self.query, self._conditions)

    @cached_property
    def keys(self) -> tuple[SortKey, ...]:
        """What the order means."""
        return parse_sort(self.sort, self._conditions)

    @property
    def criteria(self) -> dict[str, Any]:
        """What the item says beside the query."""
        return {**self.record_type, **({"sort": self.sort} if self.sort else {})}


def values_of(views: list[View]) -> Values:
    """Collect values that records have, and some that no record has."""
    values = {
        attribute.name: {_NOBODYS.get(attribute.type, "nobody's"), *_some(attribute, views)}
        for attribute in CATALOGUE.attributes
        if attribute.name not in OWN_TYPES or _some(attribute, views)  # others the registry does not know
    }
    found = {name: sorted(some) for name, some in values.items()}
    return {**found, "age": ["0", "17", "18", "25", "26"], "YOB": ["1999", "2000", "2008"]}


def _some(attribute: Attribute, views: list[View]) -> set[str]:
    raw = (value for view in views for value in attribute.read(view, TODAY))
    written = (str(value).lower() if isinstance(value, bool) else str(value) for value in raw)
    return {text for text in written if attribute.type.normalize(text)}


def attribute_of(name: str) -> Attribute:
    """Return the catalogue's attribute."""
    attribute = CATALOGUE.find("birth_date" if name in {"age", "YOB"} else name)
    assert attribute is not None
    return attribute


def random_query(draw: random.Random, values: Values) -> RandomQuery:
    """Draw a question in one of the standard's forms."""
    kind, record_type = draw.choice(_RECORD_TYPES)
    query_type, make = draw.choice((("idtype-value", _pair), *[("predicate", _predicate)] * 2, *_EXPRESSIONS))
    return RandomQuery(kind, record_type, query_type, make(draw, values), _sort(draw, values))


_RECORD_TYPES: list[tuple[Kind, dict[str, str]]] = [
    (Kind.PERSON, {}),
    (Kind.PERSON, {"reg_record_type": "Member"}),
    (Kind.PERSON, {"reg_type": "SPP:RegistryType:Individual"}),
    (Kind.GROUP, {"reg_record_type": "Group"}),
]


def _pair(draw: random.Random, values: Values) -> dict[str, Any]:
    name, _, wanted = _comparison(draw, values, "eq")
    return {"type": name, "value": wanted[0]}


def _predicate(draw: random.Random, values: Values) -> list[dict[str, Any]]:
    entries = []
    for number in range(draw.choice((1, 1, 2, 3))):
        parts = [_comparison(draw, values) for _ in range(draw.randint(1, 4))]
        condition = draw.choice(("and", "or", "or", "not")) if len(parts) > 1 else ""
        sent = {f"expression{place}": _sent(draw, part) for place, part in enumerate(parts, 1)}
        entries.append({"seq_num": number, "condition": condition, **sent})
    return entries


def _sent(draw: random.Random, part: Sent) -> dict[str, Any]:
    """Write a comparison as it is sent; a list also in its comma-separated spelling."""
    name, operator, wanted = part
    listed = draw.choice((wanted, ",".join(wanted))) if not any("," in value for value in wanted) else wanted
    return {
        "attribute_name": name,
        "operator": operator,
        "attribute_value": listed if operator == "in" else wanted[0],
    }


def _expression(draw: random.Random, values: Values) -> dict[str, Any]:
    query = _object(draw, values, 3)
    return {"type": "ns:org:QueryType:expression", "value": {"expression": {"query": query}}}


_EXPRESSIONS = (("expression", _expression),) * 3


def _object(draw: random.Random, values: Values, depth: int) -> dict[str, Any]:
    """Draw the conditions of an object; several side by side now and then."""
    made: dict[str, Any] = {}
    for _ in range(draw.choice((1, 1, 2))):
        kind = draw.randrange(6) if depth else 0
        if kind < 2:
            name, operator, wanted = _comparison(draw, values)
            made[name] = _operand(draw, operator, wanted)
        elif kind == 2:
            made["$not"] = _object(draw, values, depth - 1)
        else:
            parts = [_object(draw, values, depth - 1) for _ in range(draw.randint(1, 3))]
            made[("$and", "$or", "$nor")[kind - 3]] = parts
    return made


def _operand(draw: random.Random, operator: str, wanted: list[str]) -> object:
    value: object = wanted if operator == "in" else wanted[0]
    plain = {_SIGNS[operator]: value}
    negated = {{"eq": "$ne", "in": "$nin"}.get(operator, "$not"): value if operator in {"eq", "in"} else plain}
    return draw.choice((plain, plain, negated, {"$not": plain}, *([value] if operator == "eq" else [])))


def _sort(draw: random.Random, values: Values) -> list[dict[str, str]]:
    names = draw.sample(sorted(values), draw.choice((0, 0, 1, 1, 2, 3)))
    return [{"attribute_name": name, "sort_order": draw.choice(("asc", "desc"))} for name in names]


def _comparison(draw: random.Random, values: Values, operator: str = "") -> Sent:
    """Draw a spelling of an attribute, and a comparison of it; of any attribute, also of those joined with."""
    name = draw.choice((*values, *_OFTEN))
    attribute = attribute_of(name)
    operator = operator or draw.choice(attribute.operators)
    wanted = draw.sample(values[name], draw.randint(1, min(8, len(values[name]))) if operator == "in" else 1)
    if attribute.type is TEXT and operator in {"eq", "in"} and draw.random() < 0.3:
        beginning = wanted[0][: draw.randint(1, 3)]
        wanted[0] = f"{beginning}*" if attribute.type.normalize(beginning) else wanted[0]
    aliases = () if name in {"age", "YOB"} else attribute.aliases
    return draw.choice((name, *aliases, name.lower(), f"ns:id:{name}")), operator, wanted


_OFTEN = ("birth_date", "birth_date", "surname", "name", "district", "poverty_score", "HOUSEHOLD_ID", "UIN", "age")


def selective_query(draw: random.Random, values: Values, is_selective: Any) -> RandomQuery:
    """Draw until a query selects some records and not others, with a limit: empty results are tested too."""
    asked = random_query(draw, values)
    for _ in range(10):
        try:
            if is_selective(asked):
                break
        except QueryError:  # two conditions on one attribute in one object may be too many, say
            pass
        asked = random_query(draw, values)
    return asked
