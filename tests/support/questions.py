"""Random questions to a registry, each with the query tree that it means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from dci_common.registry import keys
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


def comparisons(values: Values, kind: Kind) -> st.SearchStrategy[tuple[str, Compare]]:
    """Draw an attribute's name and a comparison of it that may be asked of this kind of record."""
    names = [name for name in values if kind in attribute_of(name).disclosed_by]
    names += ["birth_date"] * len(names) if "birth_date" in names else []  # ranges are where most may go wrong
    return st.sampled_from(names).flatmap(lambda name: _comparisons(name, st.sampled_from(values[name])))


@st.composite
def _comparisons(draw: st.DrawFn, name: str, values: st.SearchStrategy[str]) -> tuple[str, Compare]:
    attribute = attribute_of(name)
    operator = draw(st.sampled_from(attribute.operators))
    wanted = draw(st.lists(values, min_size=1, max_size=8 if operator == "in" else 1))
    spelling = draw(st.sampled_from([name, *attribute.aliases, name.lower(), f"ns:id:{name}"]))
    return spelling, Compare(attribute, operator, tuple(wanted))


@st.composite
def questions(draw: st.DrawFn, values: Values) -> Question:
    """Draw a question."""
    kind, record_type = draw(st.sampled_from(_RECORD_TYPES))
    if draw(st.integers(0, 3)) == 0:
        name, leaf = draw(comparisons(values, kind))
        equal = Compare(leaf.attribute, "eq", leaf.values[:1])
        query = {"type": name, "value": equal.values[0]}
        return Question(kind, record_type, "idtype-value", query, _matched(equal))
    entries, trees = [], []
    for number in range(draw(st.integers(1, 3))):
        parts = draw(st.lists(comparisons(values, kind), min_size=1, max_size=4))
        condition = draw(st.sampled_from(["and", "or", "not"])) if len(parts) > 1 else ""
        sent = {f"expression{place}": _sent(name, leaf) for place, (name, leaf) in enumerate(parts, 1)}
        entries.append({"seq_num": number, "condition": condition, **sent})
        trees.append(_joined(condition, [_matched(leaf) for _, leaf in parts]))
    return Question(kind, record_type, "predicate", entries, And(tuple(trees)))


_RECORD_TYPES: list[tuple[Kind, dict[str, str]]] = [
    (Kind.PERSON, {}),
    (Kind.PERSON, {"reg_record_type": "Member"}),
    (Kind.PERSON, {"reg_type": "SPP:RegistryType:Individual"}),
    (Kind.GROUP, {"reg_record_type": "Group"}),
]


def _sent(name: str, leaf: Compare) -> dict[str, Any]:
    """Write a comparison as it is sent; a list also in its comma-separated spelling."""
    listed = list(leaf.values) if len(leaf.values) % 2 else ",".join(leaf.values)
    value = listed if leaf.operator == "in" else leaf.values[0]
    return {"attribute_name": name, "operator": leaf.operator, "attribute_value": value}


def _matched(leaf: Compare) -> Compare:
    emails = leaf.attribute.name == "EMAIL"
    return Compare(leaf.attribute, leaf.operator, tuple(map(keys.email, leaf.values))) if emails else leaf


def _joined(condition: str, nodes: list[Node]) -> Node:
    match condition:
        case "or":
            return Or(tuple(nodes))
        case "not":
            return And((nodes[0], Not(Or(tuple(nodes[1:])))))
    return And(tuple(nodes))


def trees(values: Values, kind: Kind) -> st.SearchStrategy[Node]:
    """Draw any tree of comparisons, deeper than a predicate can be."""
    leaves = comparisons(values, kind).map(lambda drawn: _matched(drawn[1]))
    return st.recursive(
        leaves,
        lambda nodes: (
            st.lists(nodes, min_size=1, max_size=4).map(lambda some: And(tuple(some)))
            | st.lists(nodes, min_size=1, max_size=4).map(lambda some: Or(tuple(some)))
            | nodes.map(Not)
        ),
        max_leaves=12,
    )
