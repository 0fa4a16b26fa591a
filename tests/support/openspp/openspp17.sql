-- The tables of an OpenSPP 17 that are followed, as its modules create them on Odoo 17, and some that are not.
-- As there, the children have no index on their registrant.
CREATE TABLE res_company (id serial PRIMARY KEY, name varchar);
CREATE TABLE res_country (id serial PRIMARY KEY, code varchar(2), name jsonb);
CREATE TABLE res_country_state (id serial PRIMARY KEY, country_id int, name varchar, code varchar);
CREATE TABLE res_partner_title (id serial PRIMARY KEY, name jsonb);
CREATE TABLE gender_type (id serial PRIMARY KEY, code varchar, value varchar, active bool, create_date timestamp, write_date timestamp);
CREATE TABLE g2p_group_kind (id serial PRIMARY KEY, name varchar, create_date timestamp, write_date timestamp);
CREATE TABLE g2p_district (id serial PRIMARY KEY, name varchar, state_id int);
CREATE TABLE spp_area_kind (id serial PRIMARY KEY, name varchar);
CREATE TABLE spp_area (
  id serial PRIMARY KEY, parent_id int REFERENCES spp_area, parent_path varchar, draft_name jsonb, name jsonb,
  code varchar UNIQUE, level int, kind int, create_date timestamp, write_date timestamp);
CREATE TABLE res_partner (
  id serial PRIMARY KEY, company_id int NOT NULL REFERENCES res_company ON DELETE RESTRICT,
  create_uid int, create_date timestamp, write_uid int, write_date timestamp,
  name varchar, complete_name varchar, active bool, is_registrant bool, is_group bool, type varchar, lang varchar,
  title int, email varchar, phone varchar, mobile varchar, street varchar, street2 varchar, zip varchar, city varchar,
  state_id int, country_id int, partner_latitude numeric, partner_longitude numeric, address text,
  disabled timestamp, disabled_reason text, disabled_by int, registration_date date,
  civil_status varchar, occupation varchar, income float8, district int, area_id int REFERENCES spp_area,
  family_name varchar, given_name varchar, addl_name varchar, birth_place varchar, birthdate date,
  birthdate_not_exact bool, gender varchar, kind int REFERENCES g2p_group_kind, is_partial_group bool,
  force_recompute_canary timestamp, z_ind_grp_num_individuals int, grp_pmt_score float8, spp_id varchar UNIQUE,
  x_cst_indv_disability bool, x_cst_grp_roof varchar, encrypted_val bytea, is_encrypted bool);
CREATE TABLE g2p_id_type (id serial PRIMARY KEY, name varchar, id_validation varchar, create_date timestamp, write_date timestamp);
CREATE TABLE g2p_reg_id (
  id serial PRIMARY KEY, partner_id int NOT NULL REFERENCES res_partner ON DELETE RESTRICT,
  id_type int NOT NULL REFERENCES g2p_id_type ON DELETE RESTRICT, value varchar(100), expiry_date date, status varchar,
  description varchar, card_uid varchar, create_date timestamp, write_date timestamp);
CREATE TABLE g2p_phone_number (
  id serial PRIMARY KEY, partner_id int NOT NULL REFERENCES res_partner ON DELETE RESTRICT, phone_no varchar NOT NULL,
  phone_sanitized varchar, date_collected date, disabled timestamp, create_date timestamp, write_date timestamp);
CREATE TABLE g2p_relationship (
  id serial PRIMARY KEY, name jsonb, name_inverse jsonb NOT NULL, bidirectional bool, source_type varchar,
  destination_type varchar);
CREATE TABLE g2p_reg_rel (
  id serial PRIMARY KEY, source int NOT NULL REFERENCES res_partner ON DELETE RESTRICT,
  destination int NOT NULL REFERENCES res_partner ON DELETE RESTRICT, relation int REFERENCES g2p_relationship,
  disabled timestamp, start_date timestamp, end_date timestamp, create_date timestamp, write_date timestamp);
CREATE TABLE g2p_group_membership_kind (id serial PRIMARY KEY, name varchar, is_unique bool);
CREATE TABLE g2p_group_membership (
  id serial PRIMARY KEY, "group" int NOT NULL REFERENCES res_partner ON DELETE RESTRICT,
  individual int NOT NULL REFERENCES res_partner ON DELETE RESTRICT, start_date timestamp, ended_date timestamp,
  status varchar, is_ended bool, create_date timestamp, write_date timestamp);
CREATE TABLE g2p_group_membership_g2p_group_membership_kind_rel (
  g2p_group_membership_id int NOT NULL REFERENCES g2p_group_membership ON DELETE CASCADE,
  g2p_group_membership_kind_id int NOT NULL REFERENCES g2p_group_membership_kind ON DELETE CASCADE,
  PRIMARY KEY (g2p_group_membership_id, g2p_group_membership_kind_id));
CREATE TABLE g2p_registrant_tags (id serial PRIMARY KEY, name varchar, active bool);
CREATE TABLE g2p_registrant_tags_res_partner_rel (
  res_partner_id int NOT NULL REFERENCES res_partner ON DELETE CASCADE,
  g2p_registrant_tags_id int NOT NULL REFERENCES g2p_registrant_tags ON DELETE CASCADE,
  PRIMARY KEY (res_partner_id, g2p_registrant_tags_id));
CREATE TABLE ir_model_data (id serial PRIMARY KEY, module varchar, name varchar, model varchar, res_id int);
CREATE TABLE ir_model_fields (
  id serial PRIMARY KEY, model varchar, name varchar, ttype varchar, state varchar, field_description jsonb,
  relation varchar, store bool);
CREATE TABLE ir_model_fields_selection (id serial PRIMARY KEY, field_id int REFERENCES ir_model_fields, value varchar, name jsonb);
CREATE TABLE ir_module_module (id serial PRIMARY KEY, name varchar, state varchar, latest_version varchar);
-- Secrets, which nobody is to be granted.
CREATE TABLE ir_config_parameter (id serial PRIMARY KEY, key varchar, value text);
