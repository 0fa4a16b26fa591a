"""People of OpenSPP2 as records: codes of vocabularies, disability, merges, scores."""

from __future__ import annotations

import struct

import pytest

from dci_cli.registry.follow.openspp.options import Options
from support.openspp_database import OpenSppDatabase, warned

pytestmark = pytest.mark.postgres


def test_codes_have_the_meaning_that_the_registry_gives_them(openspp2: OpenSppDatabase) -> None:
    """Sexes, statuses, occupations and kinds are of vocabularies; what has no place is left out and reported."""
    female = openspp2.person(gender_id=3, civil_status_id=21, occupation_id=30, has_disability=False)
    openspp2.identifier(female, "N-1")
    assert openspp2.fields(female) == {
        "sex": "female",
        "marital_status": "M",
        "occupation": "Field crop growers",
        "is_disabled": False,
        "identifiers": [{"identifier_type": "national_id", "identifier_value": "N-1"}],
    }
    names = {"national_id": "UIN", "6111": "farmer", "third": "other", "C": "M"}
    mapped = openspp2.fields(female, Options(names=names))
    assert (mapped["occupation"], mapped["identifiers"][0]["identifier_type"]) == ("farmer", "UIN")
    cases = {1: "unknown", 4: "unknown", 5: "female", 6: "unknown"}  # 5 is local and refers to female
    people = {openspp2.person(gender_id=gender): sex for gender, sex in cases.items()}
    records = openspp2.read()
    assert {id_: records[id_].record.model_dump()["sex"] for id_ in people} == people
    assert [warned(records[id_]) for id_ in people] == [[], [], [], ["gender"]]
    third = list(people)[-1]
    assert openspp2.fields(third, Options(names=names)) == {"sex": "other"}
    for status in (22, 23):  # a consensual union; and U, which is unmarried with us and unknown there
        person = openspp2.person(civil_status_id=status)
        assert openspp2.fields(person) == {}
        assert warned(openspp2.read()[person]) == ["civil_status"]
    openspp2.sql("INSERT INTO spp_vocabulary_mapping (source_id, target_id) VALUES (6, 2)")
    assert openspp2.fields(third) == {"sex": "male"}
    assert openspp2.fields(openspp2.group(group_type_id=40)) == {"name": "Hill", "group_type": "household"}


def test_limitations_are_those_of_the_approved_current_assessment(openspp2: OpenSppDatabase) -> None:
    """Answers to the Washington Group's questions become limitations; other assessments do not count."""
    person, other = openspp2.person(has_disability=True), openspp2.person()
    for registrant, state in ((person, "approved"), (other, "draft")):
        assessment = openspp2.insert(
            "spp_disability_assessment",
            registrant_id=registrant,
            assessment_date="2025-01-01",
            approval_state=state,
            wg_seeing="a_lot",
            wg_hearing="none",
            wg_walking="cannot",
            wg_selfcare="some",
            wg_communicating="refused",
        )
        openspp2.sql(
            f"UPDATE res_partner SET current_disability_assessment_id = {assessment} WHERE id = {registrant}"
        )
    assert openspp2.fields(person) == {
        "is_disabled": True,
        "disability_info": [
            {"disability_limitation_type": "VIS_SS", "functional_severity": "3"},
            {"disability_limitation_type": "HEAR_SS", "functional_severity": "1"},
            {"disability_limitation_type": "MOB_SS", "functional_severity": "4"},
            {"disability_limitation_type": "SC_SS", "functional_severity": "2"},
        ],
    }
    assert openspp2.fields(other) == {}


def test_merged_people_leave_with_what_stayed_at_them(openspp2: OpenSppDatabase) -> None:
    """A chain of merges leaves the last one; phones and memberships that stay behind are nobody's."""
    last = openspp2.person(given_name="Anna")
    middle = openspp2.person(active=False, merged_into_id=last)
    first = openspp2.person(active=True, merged_into_id=middle)
    openspp2.insert("spp_phone_number", partner_id=first, phone_no="+63 917 555 0100")
    group = openspp2.group()
    openspp2.member(group, first)
    records = openspp2.read()
    assert set(records) == {last, group}
    assert records[group].memberships == ()
    assert openspp2.fields(last) == {"name": {"given_name": "Anna"}}


def test_the_score_of_the_chosen_model_is_the_newest_complete_one(openspp2: OpenSppDatabase) -> None:
    """Results of other models, older ones and incomplete ones do not count."""
    group = openspp2.group()
    for model, score, day, complete in (
        ("pmt_v2", 40, "2025-01-01", True),
        ("pmt_v2", 30, "2025-06-01", True),
        ("pmt_v2", 20, "2025-09-01", False),
        ("other", 10, "2025-09-01", True),
    ):
        openspp2.insert(
            "spp_scoring_result",
            registrant_id=group,
            model_id=1,
            model_code=model,
            score=score,
            calculation_date=day,
            is_complete=complete,
        )
    assert "poverty_score" not in openspp2.fields(group)
    fields = openspp2.fields(group, Options(poverty="pmt_v2"))
    assert (fields["poverty_score"], fields["poverty_score_type"]) == (30.0, "pmt_v2")


def test_a_position_is_read_if_its_reference_system_is_the_registrys(openspp2: OpenSppDatabase) -> None:
    """PostGIS's points in WGS 84 are positions; those of other systems, as a web map's, are not."""
    point = {srid: struct.pack("<BIIdd", 1, 0x20000001, srid, 121.0, 14.5).hex().upper() for srid in (4326, 3857)}
    known, other = openspp2.group(coordinates=point[4326]), openspp2.group(coordinates=point[3857])
    odd = openspp2.group(coordinates="0101")
    assert openspp2.fields(known)["place"] == {"geo": {"latitude": 14.5, "longitude": 121.0}}
    assert "place" not in openspp2.fields(other)
    assert "place" not in openspp2.fields(odd)


def test_relationships_are_named_from_both_ends(openspp: OpenSppDatabase) -> None:
    """The source has the word, the destination its inverse, if there is one; ended ones and groups' are left out."""
    mother, child, group, archived = openspp.person(), openspp.person(), openspp.group(), openspp.person(active=False)
    kind = {"relation": 1} if openspp.version == "openspp17" else {"relation_id": 70}
    for source, destination in ((mother, child), (mother, group), (mother, archived)):
        openspp.insert(openspp.relations, source=source, destination=destination, **kind)
    openspp.insert(openspp.relations, source=child, destination=mother, end_date="2020-01-01", **kind)
    openspp.insert(openspp.relations, source=child, destination=mother, disabled="2020-01-01", **kind)
    words = ("Mother of", "Child of") if openspp.version == "openspp17" else ("parent", "")
    expected = [{"relationship_type": words[0], "person_id": f"p{child}"}]
    assert openspp.fields(mother) == {"related_persons": expected}
    inverse = {"related_persons": [{"relationship_type": words[1], "person_id": f"p{mother}"}]} if words[1] else {}
    assert openspp.fields(child) == inverse
