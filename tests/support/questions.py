"""Random questions to a registry, each with the query tree that it means."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from dci_common.registry import forms
from dci_common.registry.catalogue import Attribute, Catalogue
from dci_common.registry.model import Group, Kind, Person
from dci_common.registry.query import And, Compare, Node, Not, Or

if TYPE_CHECKING:
    from dci_cli.demo import Population

CATALOGUE = Catalogue(["Card No", "National ID"])
Values = dict[str, list[str]]  # attribute name → values worth asking for


@dataclass(frozen=True)
class Question:
    """A query as it is sent, for which records, and what it means."""

    kind: Kind
    record_type: dict[str, str]
    query_type: str
    query: object
    tree: Node


def values_of(population: Population) -> Values:
    """Collect values that somebody has, and some that nobody has."""
    values: Values = {"MOBILE": ["+1"], "EMAIL": ["nobody@example.org"], "UIN": ["G0"]}
    records: list[Person | Group] = [*population.people, *population.groups]
    for record in records:
        for identifier in record.identifiers:
            values.setdefault(identifier.identifier_type, ["-"]).append(identifier.identifier_value)
        values["MOBILE"] += record.phone_numbers
    values["EMAIL"] += [address for person in population.people for address in person.emails]
    born = {person.birth_date for person in population.people if person.birth_date}
    near = {day + timedelta(days=days) for day in born for days in (-1, 0, 1)}
    values["birth_date"] = [day.isoformat() for day in near | {date.min, date.max}]
    return {name: sorted(set(some)) for name, some in values.items()}


def attribute_of(name: str) -> Attribute:
    """Return the catalogue's attribute."""
    attribute = CATALOGUE.find(name)
    assert attribute is not None
    return attribute


def question(draw: random.Random, values: Values) -> Question:
    """Draw a question in one of the standard's forms."""
    kind, record_type = draw.choice(_RECORD_TYPES)
    if draw.random() < 0.2:
        name, leaf = _comparison(draw, values, kind)
        equal = Compare(leaf.attribute, "eq", leaf.values[:1])
        return Question(kind, record_type, "idtype-value", {"type": name, "value": equal.values[0]}, _matched(equal))
    entries, nodes = [], []
    for number in range(draw.choice((1, 1, 2, 3))):
        parts = [_comparison(draw, values, kind) for _ in range(draw.randint(1, 4))]
        condition = draw.choice(("and", "or", "or", "not")) if len(parts) > 1 else ""
        sent = {f"expression{place}": _sent(name, leaf, draw) for place, (name, leaf) in enumerate(parts, 1)}
        entries.append({"seq_num": number, "condition": condition, **sent})
        nodes.append(_joined(condition, [_matched(leaf) for _, leaf in parts]))
    return Question(kind, record_type, "predicate", entries, And(tuple(nodes)))


def tree(draw: random.Random, values: Values, kind: Kind, depth: int = 3) -> Node:
    """Draw a tree, deeper than a predicate can be."""
    if depth == 0 or draw.random() < 0.15:
        return _matched(_comparison(draw, values, kind)[1])
    children = tuple(tree(draw, values, kind, depth - 1) for _ in range(draw.choice((1, 2, 2, 3))))
    return draw.choice((And(children), Or(children), Or(children), Not(children[0])))


_RECORD_TYPES: list[tuple[Kind, dict[str, str]]] = [
    (Kind.PERSON, {}),
    (Kind.PERSON, {"reg_record_type": "Member"}),
    (Kind.PERSON, {"reg_type": "SPP:RegistryType:Individual"}),
    (Kind.GROUP, {"reg_record_type": "Group"}),
]


def _comparison(draw: random.Random, values: Values, kind: Kind) -> tuple[str, Compare]:
    """Draw a spelling of an attribute that this kind of record has, and a comparison of it."""
    names = [name for name in values if kind in attribute_of(name).disclosed_by]
    if "birth_date" in names and draw.random() < 0.5:  # ranges are where most may go wrong
        names = ["birth_date"]
    attribute = attribute_of(name := draw.choice(names))
    operator = draw.choice(attribute.operators)
    number = draw.randint(1, min(8, len(values[name]))) if operator == "in" else 1
    wanted = tuple(draw.sample(values[name], number))
    spelling = draw.choice((name, *attribute.aliases, name.lower(), f"ns:id:{name}"))
    return spelling, Compare(attribute, operator, wanted)


def _sent(name: str, leaf: Compare, draw: random.Random) -> dict[str, Any]:
    """Write a comparison as it is sent; a list also in its comma-separated spelling."""
    value = draw.choice((list(leaf.values), ",".join(leaf.values))) if leaf.operator == "in" else leaf.values[0]
    return {"attribute_name": name, "operator": leaf.operator, "attribute_value": value}


def _matched(leaf: Compare) -> Compare:
    """Bring the values into the form in which they are matched."""
    emails = leaf.attribute.name == "EMAIL"
    return Compare(leaf.attribute, leaf.operator, tuple(map(forms.email, leaf.values))) if emails else leaf


def _joined(condition: str, nodes: list[Node]) -> Node:
    match condition:
        case "or":
            return Or(tuple(nodes))
        case "not":
            return And((nodes[0], Not(Or(tuple(nodes[1:])))))
    return And(tuple(nodes))
