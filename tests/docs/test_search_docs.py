"""docs/search.md: its examples find records, and its tables are the code's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registries.social.disclosure import FULL
from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind
from dci_common.registry.query.conditions import Conditions
from dci_common.registry.query.tree import matches
from support.api import Api
from support.birth_dates import is_certain
from support.events import ROOT
from support.registries import TODAY

DOCUMENT = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)]
SLOTS = {f"x{number:02}" for number in range(1, 13)}


@pytest.mark.parametrize("criteria", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_finds_a_record(shared_api: Api, criteria: dict[str, object]) -> None:
    """Each example is served, and finds some of the demo registry but not all of it."""
    item = {"reference_id": "example", "timestamp": "2026-03-01T09:30:00Z", "search_criteria": criteria}
    (response,) = shared_api.search(item).items
    assert response["status"] == "succ", response
    assert 0 < response["pagination"]["total_count"] < 100


def test_there_is_an_example_of_each_query_type() -> None:
    """All three query types are shown."""
    assert {criteria["query_type"] for criteria in EXAMPLES} == {"idtype-value", "predicate", "expression"}


def catalogue_table() -> list[str]:
    """Write the catalogue as the document has it."""
    lines = ["| attribute | compared as | among persons | among groups |", "|---|---|---|---|"]
    for attribute in SOCIAL_CATALOGUE.attributes:
        found = [_found(attribute, kind) for kind in Kind]
        lines.append(f"| `{attribute.name}` | {attribute.type.name} | {' | '.join(found)} |")
    return lines


def _found(attribute: Attribute, kind: Kind) -> str:
    if kind not in attribute.kinds:
        return {Kind.PERSON: "households", Kind.GROUP: "members"}[kind]
    if attribute.type.lookup:
        return "lookup"
    slots = [attribute.slots[kind]] if kind in attribute.slots else []
    slots += [
        composite.slot
        for composite in SOCIAL_CATALOGUE.composites[kind]
        if attribute in {composite.leading, composite.trailing}
    ]
    return " ".join(f"`{slot}`" for slot in slots) or "filter"


FORMS: dict[str, Callable[[str], str]] = {
    "name": normalize.name,
    "identifier": normalize.identifier,
    "date": normalize.day,
    "phone": normalize.phone,
    "phone in a Thai registry": lambda number: normalize.phone(number, "TH"),
    "e-mail": normalize.email,
}


def test_the_equal_forms_are_equal() -> None:
    """Each row of the table of equal values has forms that are equal, and every kind of value has a row."""
    (table,) = re.findall(r"^### Which values are equal\n.*?^\|[-|]+\n(.*?)\n\n", DOCUMENT, re.MULTILINE | re.DOTALL)
    rows = [row.strip("| ").split(" | ") for row in table.splitlines()]
    assert {what for what, _, _ in rows} == FORMS.keys()
    for what, forms, _ in rows:
        written = re.findall("`([^`]+)`", forms)
        assert len(set(written)) == len(written) > 1
        assert len({FORMS[what](form) for form in written}) == 1, forms


def test_what_is_known_in_part_is_found_as_the_table_says() -> None:
    """Each row has a condition, and parts of dates of which it is certain."""
    (section,) = re.findall(r"^### Birth dates known in part\n(.*?)^### ", DOCUMENT, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| `(\S+) (\S+) (\S+)`[^|]*\|[^|]*\|(.*)\|$", section, re.MULTILINE)
    assert len(rows) == len(re.findall("^\\|", section, re.MULTILINE)) - 2
    conditions = Conditions(SOCIAL_CATALOGUE, Kind.PERSON, FULL, TODAY)
    for name, sign, value, also in rows:
        for known in re.findall("`([^`]+)`", also):
            assert is_certain(known, name, sign, [value]), (name, sign, value, known)
            assert matches(conditions.compare(name, sign, value, ""), {"id": "p", "birth_date": known}, TODAY)


def test_the_catalogue_is_the_codes_own() -> None:
    """The table has each attribute with its type and how it is found."""
    lines = DOCUMENT.splitlines()
    start = lines.index(catalogue_table()[0])
    assert lines[start : lines.index("", start)] == catalogue_table()


@pytest.mark.parametrize(("kind", "words"), [(Kind.PERSON, "Free slots of persons"), (Kind.GROUP, "Of groups")])
def test_the_free_slots_are_free(kind: Kind, words: str) -> None:
    """The documented free slots are those that no attribute uses."""
    used = {attribute.slots[kind] for attribute in SOCIAL_CATALOGUE.attributes if kind in attribute.slots}
    used |= {composite.slot for composite in SOCIAL_CATALOGUE.composites[kind]}
    free = SLOTS - used - {SOCIAL_CATALOGUE.record_slot}
    sentence = re.search(rf"{words}[^:.]*:([^.]*)\.", DOCUMENT.replace("\n   ", " "))
    assert sentence
    documented: set[str] = set()
    for first, last in re.findall(r"`(x\d\d)`(?: to `(x\d\d)`)?", sentence[1]):
        documented |= {slot for slot in SLOTS if first <= slot <= (last or first)}
    assert documented == free
