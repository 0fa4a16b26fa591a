-- The lists of an OpenSPP as its modules fill them, in small.
INSERT INTO res_company (name) VALUES ('Ministry');
INSERT INTO res_country (code, name) VALUES ('PH', '{"en_US": "Philippines"}');
INSERT INTO res_country_state (country_id, name, code) VALUES (1, 'North', 'N-1');
INSERT INTO res_partner_title (name) VALUES ('{"en_US": "Doctor"}');
INSERT INTO gender_type (code, value, active) VALUES ('Male', 'Male', true), ('Female', 'Female', true), ('F', 'Babae', true);
INSERT INTO g2p_group_kind (name) VALUES ('Household'), ('Family');
INSERT INTO g2p_district (name, state_id) VALUES ('D-7', 1);
INSERT INTO g2p_id_type (name) VALUES ('National ID'), ('Card #'), ('BRN');
INSERT INTO g2p_relationship (name, name_inverse) VALUES ('{"en_US": "Mother of"}', '{"en_US": "Child of"}');
INSERT INTO g2p_group_membership_kind (name, is_unique) VALUES ('Head', true), ('Principal recipient', true), ('Alternative recipient', true);
INSERT INTO g2p_registrant_tags (name, active) VALUES ('Protected', true), ('Pilot', true);
INSERT INTO ir_module_module (name, state, latest_version) VALUES ('spp_base', 'installed', '17.0.1.3');
INSERT INTO ir_model_fields (model, name, ttype, state) VALUES ('res.partner', 'x_cst_grp_roof', 'selection', 'manual');
INSERT INTO ir_model_fields_selection (field_id, value, name) VALUES (1, 'tin', '{"en_US": "Tin sheets"}');
