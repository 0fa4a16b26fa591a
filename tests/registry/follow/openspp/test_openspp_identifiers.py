"""Identifiers of OpenSPP, where nothing makes them unique."""

from __future__ import annotations

import pytest

from dci_cli.registry.follow.openspp.options import Options
from dci_common.registry.model import normalize
from support.openspp_database import OpenSppDatabase, warned

pytestmark = pytest.mark.postgres


def values(openspp: OpenSppDatabase, partner: int, options: Options | None = None) -> list[str]:
    """Return the values of a registrant's identifiers."""
    return [one["identifier_value"] for one in openspp.fields(partner, options).get("identifiers", [])]


def test_an_identifier_of_two_is_that_of_the_lowest_id(openspp: OpenSppDatabase) -> None:
    """Of all who are visible, the one with the lowest id keeps it in all its equal forms; the others are reported."""
    archived, first, second, group = openspp.person(active=False), openspp.person(), openspp.person(), openspp.group()
    for partner, value in ((archived, "9"), (first, "9"), (second, "9 "), (group, "٩")):
        openspp.identifier(partner, value)
    records = openspp.read()
    owners = [len(records[one].record.identifiers) for one in (first, second, group)]
    assert owners == [1, 0, 0]
    assert [warned(records[one]) for one in (first, second, group)] == [[], ["reg_ids"], ["reg_ids"]]
    assert all(records[one].contested for one in (first, second, group))
    assert {id_: one.digest for id_, one in openspp.read(ids=[second, group]).items()} == {
        one: records[one].digest for one in (second, group)
    }
    openspp.sql(f"UPDATE res_partner SET active = NULL WHERE id = {first}")
    assert values(openspp, second) == ["9"]


def test_empty_and_repeated_identifiers_are_left_out(openspp17: OpenSppDatabase) -> None:
    """NULL, blanks and placeholders are none, the same one occurs once, and at most 20 are kept."""
    person = openspp17.person()
    for value in (None, "", "  ", "N/A", "A1", " A1", "'A2", "A2"):
        openspp17.identifier(person, value)
    assert values(openspp17, person) == ["A2", "A1"]
    many = openspp17.person()
    for number in range(22):
        openspp17.identifier(many, f"M{number}")
    assert values(openspp17, many) == [f"M{number}" for number in range(21, 1, -1)]
    assert warned(openspp17.read()[many]) == ["reg_ids"]


def test_invalid_and_system_ids_of_openspp2_are_left_out(openspp2: OpenSppDatabase) -> None:
    """An identifier that a change request removed is none; the system's own UUID is one only if it is asked for."""
    person = openspp2.person()
    openspp2.identifier(person, "OLD", status="invalid")
    openspp2.identifier(person, "NEW", status="valid")
    openspp2.identifier(person, "6f1e", id_type_id=11)
    other = openspp2.person()
    openspp2.identifier(other, "OLD")
    assert values(openspp2, person) == ["NEW"]
    assert values(openspp2, person, Options(system_ids=True)) == ["6f1e", "NEW"]
    assert values(openspp2, other) == ["OLD"]


@pytest.mark.parametrize(
    "written",
    ["A1", " A1\t", "'A1", "\u200fA1\u200e", "A1\u2028", "A1\x01"],
)
def test_the_database_finds_equal_forms_as_the_registry_does(openspp17: OpenSppDatabase, written: str) -> None:
    """Whatever a value is written like, the database finds the other one whose key would be the same."""
    first, second = openspp17.person(), openspp17.person()
    openspp17.identifier(first, "A1")
    openspp17.identifier(second, written)
    assert openspp17.read()[second].contested


def test_decimals_and_digits_of_any_script_are_equal_forms(openspp17: OpenSppDatabase) -> None:
    """`123.0` of a spreadsheet and `১২৩` are `123`, and `A-1` is not `a-1`."""
    partners = [openspp17.person() for _ in range(5)]
    for partner, value in zip(partners, ("123", "123.0", "১২৩", "A-1", "a-1"), strict=True):
        openspp17.identifier(partner, value)
    records = openspp17.read()
    assert [records[one].contested for one in partners] == [True, True, True, False, False]
    keys = [normalize.identifier(one.identifier_value) for id_ in partners for one in records[id_].record.identifiers]
    assert keys == ["123", "A-1", "a-1"]
