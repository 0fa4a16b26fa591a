"""What is read of OpenSPP's tables: the columns that docs/openspp.md grants, and those of them that are missing."""

from __future__ import annotations

from dci_cli.registry.follow.openspp.layout import (
    AREAS,
    ASSESSMENTS,
    CODES,
    FIELDS,
    MODULES,
    OPENSPP_2,
    OPENSPP_17,
    PARTNERS,
    SCORES,
    SELECTIONS,
    STUDIO_FIELDS,
)
from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.schema import Schema

_RELATION = "id source destination {} disabled end_date write_date"
_MEMBERSHIP = "id group individual start_date ended_date write_date"
_PHONE = "id partner_id phone_no disabled write_date"
_COLUMNS = {
    PARTNERS: (
        "id is_registrant is_group active disabled write_date merged_into_id is_encrypted family_name given_name "
        "addl_name name suffix_id title gender gender_id birthdate birth_place civil_status civil_status_id "
        "marital_status occupation occupation_id income highest_education_level has_disability "
        "current_disability_assessment_id email phone mobile registration_date street street2 zip city address "
        "state_id country_id district area_id kind group_type_id partner_latitude partner_longitude coordinates"
    ),
    OPENSPP_17.ids: "id partner_id id_type value status write_date",
    OPENSPP_2.ids: "id partner_id id_type_id value status write_date",
    OPENSPP_17.phones: _PHONE,
    OPENSPP_2.phones: _PHONE,
    OPENSPP_17.memberships: _MEMBERSHIP,
    OPENSPP_2.memberships: f"{_MEMBERSHIP} active",
    OPENSPP_17.roles: f"{OPENSPP_17.role_membership} {OPENSPP_17.role}",
    OPENSPP_2.roles: f"{OPENSPP_2.role_membership} {OPENSPP_2.role}",
    OPENSPP_17.relations: _RELATION.format(OPENSPP_17.relation),
    OPENSPP_2.relations: _RELATION.format(OPENSPP_2.relation),
    OPENSPP_17.tags: f"{OPENSPP_17.tagged} {OPENSPP_17.tag}",
    OPENSPP_2.tags: f"{OPENSPP_2.tagged} {OPENSPP_2.tag}",
    ASSESSMENTS: (
        "id registrant_id approval_state wg_seeing wg_hearing wg_walking wg_remembering wg_selfcare "
        "wg_communicating write_date"
    ),
    "g2p_relationship": "id name name_inverse",
    "gender_type": "id code value",
    "res_country": "id code name",
    "res_country_state": "id code name",
    **dict.fromkeys(("g2p_id_type", "g2p_group_kind", "g2p_group_membership_kind", "g2p_registrant_tags"), "id name"),
    **dict.fromkeys(("g2p_district", "res_partner_title", "spp_name_suffix"), "id name"),
    AREAS: "id parent_id draft_name code area_level",
    CODES: "id code display uri reference_uri namespace_uri",
    "spp_vocabulary_mapping": "id source_id target_id",
    FIELDS: "id model name",
    SELECTIONS: "id field_id value name",
    STUDIO_FIELDS: "technical_name target_type",
    MODULES: "name latest_version",
}
READ = {table: tuple(columns.split()) for table, columns in _COLUMNS.items()}
_FOR_POVERTY = {
    PARTNERS: ("grp_pmt_score",),
    SCORES: ("id", "registrant_id", "model_code", "score", "calculation_date", "is_complete", "write_date"),
}


def not_granted(schema: Schema, options: Options) -> dict[str, tuple[str, ...]]:
    """Return what would be read and may not be, by its table; of a table without any grant, no columns."""
    more = _FOR_POVERTY if options.poverty else {}
    found: dict[str, tuple[str, ...]] = {}
    for table in sorted(schema.hidden):
        names = (*READ.get(table, ()), *more.get(table, ()))
        if hidden := tuple(name for name in names if name in schema.hidden[table]):
            found[table] = hidden if schema.has(table) else ()
    return found
