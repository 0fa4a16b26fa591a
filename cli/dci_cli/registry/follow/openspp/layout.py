"""The names of OpenSPP's tables and columns, which its two versions call differently."""

from __future__ import annotations

from dataclasses import dataclass

PARTNERS, AREAS, CODES = "res_partner", "spp_area", "spp_vocabulary_code"
SCORES, ASSESSMENTS = "spp_scoring_result", "spp_disability_assessment"
MODULES, FIELDS, SELECTIONS, STUDIO_FIELDS = (
    "ir_module_module",
    "ir_model_fields",
    "ir_model_fields_selection",
    "spp_studio_field",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """A version of OpenSPP: its name, and what its tables of children and its relations between tables are called."""

    name: str
    base_module: str
    ids: str
    id_type: str
    phones: str
    memberships: str
    roles: str
    role_membership: str
    role: str
    relations: str
    relation: str
    tags: str
    tagged: str
    tag: str
    lists: tuple[str, ...]

    @property
    def has_codes(self) -> bool:
        """Whether all lists are vocabularies."""
        return CODES in self.lists

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that may be read."""
        return (
            *(PARTNERS, self.ids, self.phones, self.memberships, self.roles, self.relations, self.tags),
            *(SCORES, ASSESSMENTS, MODULES, FIELDS, SELECTIONS, STUDIO_FIELDS),
            *self.lists,
        )


_SHARED_LISTS = (AREAS, "res_country", "res_country_state")
OPENSPP_17 = Layout(
    name="OpenSPP 17",
    base_module="g2p_registry_base",
    ids="g2p_reg_id",
    id_type="id_type",
    phones="g2p_phone_number",
    memberships="g2p_group_membership",
    roles="g2p_group_membership_g2p_group_membership_kind_rel",
    role_membership="g2p_group_membership_id",
    role="g2p_group_membership_kind_id",
    relations="g2p_reg_rel",
    relation="relation",
    tags="g2p_registrant_tags_res_partner_rel",
    tagged="res_partner_id",
    tag="g2p_registrant_tags_id",
    lists=(
        *_SHARED_LISTS,
        *("g2p_id_type", "g2p_group_kind", "g2p_group_membership_kind", "g2p_relationship", "g2p_registrant_tags"),
        *("gender_type", "g2p_district", "res_partner_title", "spp_name_suffix"),
    ),
)
OPENSPP_2 = Layout(
    name="OpenSPP2",
    base_module="spp_registry",
    ids="spp_registry_id",
    id_type="id_type_id",
    phones="spp_phone_number",
    memberships="spp_group_membership",
    roles="spp_group_membership_spp_vocabulary_code_rel",
    role_membership="spp_group_membership_id",
    role="spp_vocabulary_code_id",
    relations="spp_registry_relationship",
    relation="relation_id",
    tags="res_partner_registrant_tag_rel",
    tagged="partner_id",
    tag="tag_id",
    lists=(*_SHARED_LISTS, CODES, "spp_vocabulary_mapping"),
)
