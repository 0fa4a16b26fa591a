-- A population for an OpenSPP 17: households of five, each person with two identifiers and every second one with a phone.
-- The number of households stands in place of :households.
INSERT INTO res_partner (company_id, create_date, write_date, name, active, is_registrant, is_group, family_name,
  given_name, addl_name, birthdate, gender, civil_status, occupation, income, street, city, state_id, country_id,
  kind, registration_date, email, phone)
SELECT 1, '2024-01-01', timestamp '2024-01-01' + number * interval '1 second', 'NAME ' || number, true, true, is_group,
  CASE WHEN NOT is_group THEN 'Family' || household % 5000 END, CASE WHEN NOT is_group THEN 'Given' || number % 3000 END,
  CASE WHEN number % 3 = 0 THEN 'Middle' END, CASE WHEN NOT is_group THEN date '1940-01-01' + (number::bigint * 7919 % 30000)::int END,
  CASE WHEN NOT is_group THEN (ARRAY['Male', 'Female'])[1 + number % 2] END, CASE WHEN number % 4 = 1 THEN 'married' END,
  CASE WHEN number % 5 = 1 THEN 'Farmer' END, number % 7 * 100, number % 90 || ' Main Road', 'Town ' || household % 400, 1, 1,
  CASE WHEN is_group THEN 1 END, '2024-01-01', CASE WHEN number % 9 = 1 THEN 'p' || number || '@example.org' END,
  CASE WHEN number % 6 = 1 THEN '+63917' || lpad(number::text, 7, '0') END
FROM (SELECT number, number % 6 = 0 AS is_group, (number - 1) / 6 AS household
        FROM generate_series(1, :households * 6) AS number) AS numbers;
INSERT INTO g2p_reg_id (partner_id, id_type, value, write_date)
SELECT id, 1 + 2 * copy, (ARRAY['N-', 'B-'])[1 + copy] || lpad(id::text, 9, '0'), write_date
FROM res_partner, generate_series(0, 1) AS copy WHERE NOT is_group;
INSERT INTO g2p_phone_number (partner_id, phone_no, write_date)
SELECT id, '+63918' || lpad(id::text, 7, '0'), write_date FROM res_partner WHERE NOT is_group AND id % 2 = 0;
INSERT INTO g2p_group_membership ("group", individual, start_date, write_date)
SELECT g.id, g.id - copy, '2020-02-29 17:00', g.write_date FROM res_partner g, generate_series(1, 5) AS copy WHERE g.is_group;
INSERT INTO g2p_group_membership_g2p_group_membership_kind_rel SELECT id, 1 FROM g2p_group_membership WHERE individual % 6 = 1;
