-- The tables of an OpenSPP2 that are followed, as its modules create them on Odoo 19.
CREATE TABLE res_company (id serial PRIMARY KEY, name varchar);
CREATE TABLE res_country (id serial PRIMARY KEY, code varchar(2), name jsonb);
CREATE TABLE res_country_state (id serial PRIMARY KEY, country_id int, name varchar, code varchar);
CREATE TABLE spp_vocabulary (id serial PRIMARY KEY, name jsonb, namespace_uri varchar UNIQUE, active bool, create_date timestamp, write_date timestamp);
CREATE TABLE spp_vocabulary_code (
  id serial PRIMARY KEY, vocabulary_id int NOT NULL REFERENCES spp_vocabulary, namespace_uri varchar, code varchar NOT NULL,
  display jsonb NOT NULL, uri varchar UNIQUE, is_local bool, reference_uri varchar, parent_id int, active bool,
  deprecated bool, target_type varchar, create_date timestamp, write_date timestamp, UNIQUE (vocabulary_id, code));
CREATE TABLE spp_vocabulary_mapping (
  id serial PRIMARY KEY, source_id int NOT NULL REFERENCES spp_vocabulary_code,
  target_id int NOT NULL REFERENCES spp_vocabulary_code, equivalence varchar);
CREATE TABLE spp_area (
  id serial PRIMARY KEY, parent_id int REFERENCES spp_area, parent_path varchar, draft_name jsonb NOT NULL, name jsonb,
  code varchar UNIQUE, level int, area_level int, area_type_id int, create_date timestamp, write_date timestamp);
CREATE TABLE res_partner (
  id serial PRIMARY KEY, company_id int NOT NULL REFERENCES res_company, create_uid int, create_date timestamp,
  write_uid int, write_date timestamp, name varchar, complete_name varchar, active bool, is_registrant bool,
  is_group bool, type varchar, lang varchar, email varchar, phone varchar, street varchar, street2 varchar, zip varchar,
  city varchar, state_id int, country_id int, partner_latitude numeric, partner_longitude numeric, address text,
  disabled timestamp, disabled_reason text, disabled_by int, registration_date date,
  civil_status_id int REFERENCES spp_vocabulary_code, occupation_id int REFERENCES spp_vocabulary_code, income float8,
  family_name varchar, given_name varchar, addl_name varchar, birth_place varchar, birthdate date,
  birthdate_not_exact bool, gender_id int REFERENCES spp_vocabulary_code, in_institutional_care bool,
  group_type_id int REFERENCES spp_vocabulary_code, is_partial_group bool, force_recompute_canary bool,
  area_id int REFERENCES spp_area, merged_into_id int REFERENCES res_partner, has_disability bool,
  current_disability_assessment_id int, source_system varchar, coordinates text, x_household_roof varchar);
CREATE TABLE spp_registry_id (
  id serial PRIMARY KEY, partner_id int NOT NULL REFERENCES res_partner ON DELETE RESTRICT,
  id_type_id int NOT NULL REFERENCES spp_vocabulary_code ON DELETE RESTRICT, value varchar(100), expiry_date date,
  namespace_uri varchar, status varchar, is_verified bool, create_date timestamp, write_date timestamp);
CREATE UNIQUE INDEX ON spp_registry_id (partner_id, id_type_id) WHERE status IS DISTINCT FROM 'invalid';
CREATE TABLE spp_phone_number (
  id serial PRIMARY KEY, partner_id int NOT NULL REFERENCES res_partner ON DELETE RESTRICT, phone_no varchar NOT NULL,
  phone_sanitized varchar, disabled timestamp, create_date timestamp, write_date timestamp);
CREATE TABLE spp_registry_relationship (
  id serial PRIMARY KEY, source int NOT NULL REFERENCES res_partner, destination int NOT NULL REFERENCES res_partner,
  relation_id int REFERENCES spp_vocabulary_code, disabled timestamp, start_date timestamp, end_date timestamp,
  create_date timestamp, write_date timestamp);
CREATE TABLE spp_group_membership (
  id serial PRIMARY KEY, "group" int NOT NULL REFERENCES res_partner ON DELETE RESTRICT,
  individual int NOT NULL REFERENCES res_partner ON DELETE RESTRICT, start_date timestamp, ended_date timestamp,
  status varchar, is_ended bool, active bool, create_date timestamp, write_date timestamp);
CREATE TABLE spp_group_membership_spp_vocabulary_code_rel (
  spp_group_membership_id int NOT NULL REFERENCES spp_group_membership ON DELETE CASCADE,
  spp_vocabulary_code_id int NOT NULL REFERENCES spp_vocabulary_code ON DELETE CASCADE,
  PRIMARY KEY (spp_group_membership_id, spp_vocabulary_code_id));
CREATE TABLE res_partner_registrant_tag_rel (
  partner_id int NOT NULL REFERENCES res_partner ON DELETE CASCADE,
  tag_id int NOT NULL REFERENCES spp_vocabulary_code ON DELETE CASCADE, PRIMARY KEY (partner_id, tag_id));
CREATE TABLE spp_scoring_result (
  id serial PRIMARY KEY, registrant_id int NOT NULL REFERENCES res_partner, model_id int NOT NULL, model_code varchar,
  score float8 NOT NULL, classification_code varchar, calculation_date timestamp NOT NULL, is_complete bool,
  create_date timestamp, write_date timestamp);
CREATE TABLE spp_disability_assessment (
  id serial PRIMARY KEY, registrant_id int NOT NULL REFERENCES res_partner, assessment_date date NOT NULL,
  approval_state varchar, wg_seeing varchar, wg_hearing varchar, wg_walking varchar, wg_remembering varchar,
  wg_selfcare varchar, wg_communicating varchar, has_disability bool, create_date timestamp, write_date timestamp);
CREATE TABLE spp_merge_provenance (
  id serial PRIMARY KEY, survivor_id int NOT NULL REFERENCES res_partner, merged_id int NOT NULL, merge_date timestamp);
CREATE TABLE spp_studio_field (id serial PRIMARY KEY, label jsonb, technical_name varchar, target_type varchar, field_type varchar, state varchar);
CREATE TABLE ir_model_fields (
  id serial PRIMARY KEY, model varchar, name varchar, ttype varchar, state varchar, field_description jsonb,
  relation varchar, store bool);
CREATE TABLE ir_model_fields_selection (id serial PRIMARY KEY, field_id int REFERENCES ir_model_fields, value varchar, name jsonb);
CREATE TABLE ir_module_module (id serial PRIMARY KEY, name varchar, state varchar, latest_version varchar);
CREATE INDEX ON spp_registry_id (partner_id);
CREATE INDEX ON spp_phone_number (partner_id);
CREATE INDEX ON spp_group_membership ("group");
CREATE INDEX ON spp_group_membership (individual);
