"""Groups of both versions as records, with their memberships."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from dci_cli.registry.follow.openspp.options import Options
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Membership
from support.openspp_database import OpenSppDatabase, warned

pytestmark = pytest.mark.postgres
MANILA = Options(time_zone=ZoneInfo("Asia/Manila"))
HEAD, ALTERNATIVE = 1, 3  # kinds of membership of OpenSPP 17


def test_a_membership_has_the_days_of_the_country_and_all_roles(openspp17: OpenSppDatabase) -> None:
    """Moments are in UTC, so that a day begins on the evening before; roles are those of files."""
    group, person = openspp17.group(kind=1), openspp17.person()
    openspp17.member(group, person, HEAD, ALTERNATIVE, start_date="2020-02-29 17:00", ended_date="2024-05-31 16:00")
    record = openspp17.read(MANILA)[group]
    assert (record.kind, record.id) == (Kind.GROUP, f"p{group}")
    assert record.record.model_dump(exclude_unset=True, exclude={"id", "last_updated"}) == {
        "name": "Hill",
        "group_type": "household",
    }
    assert record.memberships == (
        Membership(
            person_id=f"p{person}",
            group_id=f"p{group}",
            roles=("head", "alternative_recipient"),
            start=date(2020, 3, 1),
            end=date(2024, 6, 1),
        ),
    )
    assert openspp17.read()[group].memberships[0].start == date(2020, 2, 29)


def test_odd_memberships_become_what_can_be(openspp: OpenSppDatabase) -> None:
    """A pair twice is one membership, an end before its start loses the start, and an end tomorrow is an end."""
    group = openspp.group()
    twice, reversed_, ending, open_ = (openspp.person() for _ in range(4))
    openspp.member(group, twice, start_date="2021-01-01", ended_date="2022-01-01")
    openspp.member(group, twice, start_date="2020-01-01")
    openspp.member(group, reversed_, start_date="2023-01-01", ended_date="2022-01-01")
    openspp.member(group, ending, ended_date="2099-01-01 12:00")
    openspp.member(group, open_, is_ended=None)
    record = openspp.read()[group]
    found = [(one.person_id, one.start, one.end) for one in record.memberships]
    assert found == [
        (f"p{twice}", date(2020, 1, 1), None),
        (f"p{reversed_}", None, date(2022, 1, 1)),
        (f"p{ending}", None, date(2099, 1, 1)),
        (f"p{open_}", None, None),
    ]
    assert all("start" in one.model_fields_set for one in record.memberships)  # or it would mean what is there
    assert warned(record) == ["start_date", "members"]


def test_members_whom_the_registry_does_not_have_are_left_out(openspp: OpenSppDatabase) -> None:
    """Groups as members, archived and withdrawn people have no membership; the options may keep the withdrawn."""
    group, inner = openspp.group(), openspp.group()
    kept, archived = openspp.person(), openspp.person(active=False)
    disabled, nobody = openspp.person(disabled="2025-01-01"), openspp.person(is_registrant=None)
    for member in (inner, kept, archived, disabled, nobody):
        openspp.member(group, member)
    record = openspp.read()[group]
    assert [one.person_id for one in record.memberships] == [f"p{kept}"]
    assert warned(record) == ["members"] * 4
    kept_too = openspp.read(Options(keep_disabled=True))
    assert [one.person_id for one in kept_too[group].memberships] == [f"p{kept}", f"p{disabled}"]
    assert set(openspp.read()) == {group, inner, kept}
    assert set(kept_too) == {group, inner, kept, disabled}


def test_archived_memberships_of_openspp2_are_left_out(openspp2: OpenSppDatabase) -> None:
    """A membership that is not active is none; one whose flag was never written is one."""
    group = openspp2.group()
    archived, unknown, active = (openspp2.person() for _ in range(3))
    openspp2.member(group, archived, active=False)
    openspp2.member(group, unknown, active=None)
    openspp2.member(group, active, 60, active=True)
    members = openspp2.read()[group].memberships
    assert [(one.person_id, one.roles) for one in members] == [(f"p{unknown}", ()), (f"p{active}", ("head",))]


def test_a_large_group_and_a_much_joined_person_keep_what_the_registry_can_have(openspp17: OpenSppDatabase) -> None:
    """Of 2,001 members the first 2,000 are kept, and of 16 groups of a person the first 15; both are reported."""
    group = openspp17.group()
    openspp17.sql(
        "INSERT INTO res_partner (company_id, active, is_registrant)"
        " SELECT 1, true, true FROM generate_series(1, 2001);"
        'INSERT INTO g2p_group_membership ("group", individual)'
        f" SELECT {group}, id FROM res_partner WHERE id > {group}"
    )
    person = openspp17.person()
    groups = [openspp17.group() for _ in range(16)]
    for one in groups:
        openspp17.member(one, person)
    records = openspp17.read()
    assert len(records[group].memberships) == 2000
    assert warned(records[group]) == ["members"]
    assert [len(records[one].memberships) for one in groups] == [1] * 15 + [0]
    last = records[groups[-1]]
    assert (warned(last), last.contested) == (["members"], True)
    few = openspp17.read(ids=[groups[0], groups[-1]])
    assert [(one.digest, one.contested) for one in few.values()] == [
        (records[one].digest, records[one].contested) for one in (groups[0], groups[-1])
    ]


def test_the_place_of_a_group_is_its_area_in_those_around_it(openspp: OpenSppDatabase) -> None:
    """Areas have their names without codes, in English or whatever language there is; 0/0 is no position."""
    parent = None
    for code, name in (
        ("PH", '{"en_US": "Philippines", "fr_FR": "Philippines (fr)"}'),
        ("R1", '{"en_US": "Ilocos", "ar_001": "x"}'),
        ("P1", '{"fr_FR": "Province"}'),
        ("B1", '{"en_US": "Barangay 1"}'),
    ):
        parent = openspp.insert("spp_area", parent_id=parent, code=code, draft_name=name)
    group = openspp.group(area_id=parent, partner_latitude=14.5, partner_longitude=121)
    nowhere = openspp.group(partner_latitude=0, partner_longitude=0)
    assert openspp.fields(group)["place"] == {
        "name": "Barangay 1",
        "geo": {"latitude": 14.5, "longitude": 121.0},
        "contained_in_place": {
            "name": "Province",
            "contained_in_place": {"name": "Ilocos", "contained_in_place": {"name": "Philippines"}},
        },
    }
    assert "place" not in openspp.fields(nowhere)
    levels = Options(area_levels=("country_code", "region_code", "", "locality"))
    person = openspp.person(area_id=parent)
    street = openspp.person(area_id=parent, street="1 Road")
    assert openspp.fields(person, levels)["addresses"] == [
        {"country_code": "PH", "region_code": "R1", "locality": "Barangay 1"}
    ]
    assert openspp.fields(street, levels)["addresses"] == [{"address_line_1": "1 Road"}]
    assert openspp.fields(person) == {}


def test_pmt_is_read_when_it_is_asked_for(openspp17: OpenSppDatabase) -> None:
    """OpenSPP 17's score grows with poverty, and the registry's falls, so it is left out unless asked for."""
    group = openspp17.group(grp_pmt_score=0.25)
    assert "poverty_score" not in openspp17.fields(group)
    fields = openspp17.fields(group, Options(poverty="PMT"))
    assert (fields["poverty_score"], fields["poverty_score_type"]) == (0.25, "PMT")


def test_a_role_with_a_long_name_is_left_out(openspp: OpenSppDatabase) -> None:
    """Whatever a clerk calls a kind of membership, the group is read: a name that is too long is no role."""
    group, person = openspp.group(), openspp.person()
    usual, long = (HEAD, 99) if openspp.version == "openspp17" else (20, 999)
    name = "x" * 600
    openspp.sql(
        f"INSERT INTO g2p_group_membership_kind (id, name) VALUES ({long}, '{name}')"
        if openspp.version == "openspp17"
        else "INSERT INTO spp_vocabulary_code (id, vocabulary_id, code, display) "
        f"VALUES ({long}, 1, '{name}', '{{}}')"
    )
    openspp.member(group, person, usual, long)
    record = openspp.read()[group]
    [membership] = record.memberships
    assert (len(membership.roles), warned(record)) == (1, ["roles"])
