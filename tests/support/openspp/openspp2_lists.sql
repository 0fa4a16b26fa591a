-- The lists of an OpenSPP as its modules fill them, in small.
INSERT INTO res_company (name) VALUES ('Ministry');
INSERT INTO res_country (code, name) VALUES ('PH', '{"en_US": "Philippines"}');
INSERT INTO res_country_state (country_id, name, code) VALUES (1, 'North', 'N-1');
INSERT INTO spp_vocabulary (name, namespace_uri, active) VALUES
  ('{"en_US": "Gender"}', 'urn:iso:std:iso:5218', true), ('{"en_US": "ID type"}', 'urn:openspp:vocab:id-type', true),
  ('{"en_US": "Civil status"}', 'urn:openspp:vocab:civil-status', true), ('{"en_US": "Occupation"}', 'urn:ilo:isco-08', true),
  ('{"en_US": "Group type"}', 'urn:openspp:vocab:group-type', true), ('{"en_US": "Tag"}', 'urn:openspp:vocab:tag', true),
  ('{"en_US": "Role"}', 'urn:openspp:vocab:group-membership-type', true), ('{"en_US": "Relation"}', 'urn:openspp:vocab:relationship', true);
INSERT INTO spp_vocabulary_code (id, vocabulary_id, namespace_uri, code, display, active)
SELECT number, vocabulary, v.namespace_uri, code, jsonb_build_object('en_US', display), true FROM (VALUES
  (1, 1, '0', 'Not known'), (2, 1, '1', 'Male'), (3, 1, '2', 'Female'), (4, 1, '9', 'Not applicable'),
  (10, 2, 'national_id', 'National ID'), (11, 2, 'system_id', 'System ID'), (12, 2, 'birth_certificate', 'Birth certificate'),
  (20, 3, 'S', 'Single'), (21, 3, 'M', 'Married'), (22, 3, 'C', 'Consensual union'), (23, 3, 'U', 'Unknown'),
  (30, 4, '6111', 'Field crop growers'), (40, 5, 'household', 'Household'), (41, 5, 'family', 'Family'),
  (50, 6, 'protected', 'Protected'), (51, 6, 'pilot', 'Pilot'), (60, 7, 'head', 'Head'), (70, 8, 'parent', 'Parent')
) AS codes (number, vocabulary, code, display) JOIN spp_vocabulary v ON v.id = vocabulary;
UPDATE spp_vocabulary_code SET uri = namespace_uri || '#' || code;
INSERT INTO spp_vocabulary_code (id, vocabulary_id, namespace_uri, code, display, uri, is_local, reference_uri, active)
VALUES (5, 1, 'urn:local', 'babae', '{"en_US": "Babae"}', 'urn:local#babae', true, 'urn:iso:std:iso:5218#2', true),
  (6, 1, 'urn:local', 'third', '{"en_US": "Third"}', 'urn:local#third', true, NULL, true);
SELECT setval('spp_vocabulary_code_id_seq', 100);
INSERT INTO ir_module_module (name, state, latest_version) VALUES ('spp_registry', 'installed', '19.0.2.2.2');
