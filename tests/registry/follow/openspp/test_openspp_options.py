"""What an operator decides: attributes, fields of a country, and who is restricted."""

from __future__ import annotations

import pytest

from dci_cli.command_error import CommandError
from dci_cli.registry.follow.openspp.options import Options
from support.openspp_database import OpenSppDatabase, warned

pytestmark = pytest.mark.postgres


def test_chosen_columns_become_attributes_with_their_labels(openspp17: OpenSppDatabase) -> None:
    """Only chosen columns are read, those of groups of groups only, and selections have the labels of OpenSPP."""
    person = openspp17.person(x_cst_indv_disability=True, birthdate_not_exact=True, x_cst_grp_roof="tin")
    group = openspp17.group(x_cst_grp_roof="tin", is_partial_group=True, x_cst_indv_disability=False)
    openspp17.sql(f"INSERT INTO g2p_registrant_tags_res_partner_rel VALUES ({group}, 1), ({group}, 2)")
    options = Options(
        attributes=("x_cst_grp_roof", "birthdate_not_exact", "is_partial_group", "tags"),
        fields={"x_cst_indv_disability": "is_disabled"},
    )
    assert openspp17.fields(person, options) == {
        "is_disabled": True,
        "additional_attributes": [{"key": "birthdate_not_exact", "value": "true"}],
    }
    assert openspp17.fields(group, options)["additional_attributes"] == [
        {"key": "x_cst_grp_roof", "value": "Tin sheets"},
        {"key": "is_partial_group", "value": "true"},
        {"key": "tags", "value": "Protected, Pilot"},
    ]
    assert openspp17.fields(person) == {}


def test_studios_columns_belong_to_the_kind_that_studio_says(openspp2: OpenSppDatabase) -> None:
    """The name of a column of OpenSPP2 does not say whose it is; several choices are one text."""
    openspp2.sql(
        "INSERT INTO spp_studio_field (technical_name, target_type) VALUES ('x_household_roof', 'group');"
        "INSERT INTO ir_model_fields (id, model, name) VALUES (1, 'res.partner', 'x_household_roof');"
        """INSERT INTO ir_model_fields_selection (field_id, value, name) VALUES
           (1, 'tin', '{"en_US": "Tin"}'), (1, 'wood', '{"en_US": "Wood"}')"""
    )
    group, person = openspp2.group(x_household_roof='["tin", "wood"]'), openspp2.person(x_household_roof="tin")
    options = Options(attributes=("x_household_roof",))
    assert openspp2.fields(group, options)["additional_attributes"] == [
        {"key": "x_household_roof", "value": "Tin, Wood"}
    ]
    assert openspp2.fields(person, options) == {}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (Options(attributes=("x_cst_grp_rof",)), "res_partner has no column x_cst_grp_rof"),
        (Options(attributes=("encrypted_val",)), "cannot be read as an attribute"),
        (Options(attributes=('id" FROM res_partner; --',)), "cannot be read as an attribute"),
        (Options(fields={"x_cst_indv_disability": "restricted"}), "restricted cannot be filled by a column"),
        (Options(restricted_tag="Protectd"), "OpenSPP has no tag Protectd"),
        (Options(restricted_tag=" "), "OpenSPP has no tag"),
        (Options(area_levels=("village",)), "village cannot be filled by an area"),
        (Options(prefix="p/"), "The prefix of ids"),
    ],
)
def test_an_option_that_does_not_fit_stops(openspp17: OpenSppDatabase, options: Options, problem: str) -> None:
    """Nothing is read with an option that is spelled wrongly, above all not with an unknown tag."""
    openspp17.person()
    with pytest.raises(CommandError, match=problem):
        openspp17.read(options)


def test_a_code_of_another_vocabulary_is_no_tag(openspp2: OpenSppDatabase) -> None:
    """A role or another code that is spelled like the tag is not taken for it: nobody would be restricted."""
    person = openspp2.person()
    with pytest.raises(CommandError, match="has no tag head"):
        openspp2.read(Options(restricted_tag="head"))
    openspp2.sql(f"INSERT INTO res_partner_registrant_tag_rel VALUES ({person}, 60)")
    assert openspp2.read(Options(restricted_tag="head"))[person].restricted


def test_people_with_the_tag_are_restricted_at_once(openspp: OpenSppDatabase) -> None:
    """Each pass finds the people with the tag, though nothing is written to them; a group with it is reported."""
    person, group, other = openspp.person(), openspp.group(), openspp.person()
    tags = (
        "g2p_registrant_tags_res_partner_rel" if openspp.version == "openspp17" else "res_partner_registrant_tag_rel"
    )
    tag, name = (1, "Protected") if openspp.version == "openspp17" else (50, "protected")
    openspp.sql(f"INSERT INTO {tags} VALUES ({person}, {tag}), ({group}, {tag})")
    options = Options(restricted_tag=name)
    records = openspp.read(options)
    assert [records[one].restricted for one in (person, group, other)] == [True, False, False]
    assert warned(records[group]) == ["tags"]
    with openspp.source(options).snapshot() as snapshot:
        assert [one.source_id for one in snapshot.identities() if one.restricted] == [person]
    assert records[person].digest != openspp.read()[person].digest
    openspp.sql(f"DELETE FROM {tags}")
    with openspp.source(options).snapshot() as snapshot:
        assert not any(one.restricted for one in snapshot.identities())
