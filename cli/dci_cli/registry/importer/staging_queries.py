"""The tables of a staging database, and the queries over several of them.

`given` is what a row gives, as JSON, and `body` the whole record, where it differs: as a new record, and after the
comparison as it shall be in the registry. `known` are the records that the registry has and the files do not, and
`homes` the groups that the registry has of people who change.
"""

from __future__ import annotations

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -16384;
CREATE TABLE records (kind TEXT, id TEXT, given TEXT, body TEXT, source TEXT, line INTEGER, status TEXT,
                      UNIQUE (kind, id));
CREATE TABLE identifiers (pk TEXT PRIMARY KEY, kind TEXT, id TEXT) WITHOUT ROWID;
CREATE TABLE memberships (group_id TEXT, person_id TEXT, start TEXT, given TEXT, body TEXT, source TEXT, line INTEGER,
                          status TEXT, UNIQUE (group_id, person_id, start));
CREATE INDEX of_person ON memberships (person_id);
CREATE TABLE summaries (group_id TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
CREATE TABLE known (kind TEXT, id TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE homes (person_id TEXT, group_id TEXT, PRIMARY KEY (person_id, group_id)) WITHOUT ROWID;
BEGIN;
"""

# Records that are new, with those of their memberships whose other side is new too. The plus keeps SQLite from using
# an index, which would lose the order of the files.
GROUPS = """
SELECT g.id, ifnull(g.body, g.given), ifnull(m.body, m.given), ifnull(p.body, p.given) FROM records g
LEFT JOIN memberships m ON m.group_id = g.id
LEFT JOIN records p ON p.kind = 'PERSON' AND p.id = m.person_id AND p.status IS NULL
WHERE +g.kind = 'GROUP' AND g.status IS NULL ORDER BY g.rowid
"""
PEOPLE = """
SELECT p.id, ifnull(p.body, p.given), ifnull(m.body, m.given), s.body FROM records p
LEFT JOIN memberships m ON m.person_id = p.id
LEFT JOIN summaries s ON s.group_id = m.group_id
WHERE +p.kind = 'PERSON' AND p.status IS NULL ORDER BY p.rowid
"""
NEW_IDENTIFIER_TYPES = """
SELECT DISTINCT substr(pk, 12, instr(substr(pk, 12), '#') - 1), json_extract(ifnull(body, given), '$.restricted')
FROM identifiers JOIN records USING (kind, id) WHERE status IS NULL
"""  # a key is IDENTIFIER#<type>#<value>
OWNERS = "SELECT pk, kind, id FROM identifiers WHERE pk IN ({})"
NEW = "SELECT count(*) FROM records WHERE status IS NULL"
ADD_RECORD = "INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?, NULL)"
ADD_IDENTIFIER = "INSERT OR IGNORE INTO identifiers VALUES (?, ?, ?)"
DROP_IDENTIFIER = "DELETE FROM identifiers WHERE pk = ? AND kind = ? AND id = ?"
COUNT_MEMBERS = "SELECT count(*) FROM memberships WHERE group_id = ?"
COUNT_HOUSEHOLDS = "SELECT count(*) FROM memberships WHERE person_id = ?"
RECORDS = """
SELECT rowid, ifnull(body, given), given, source, line FROM records WHERE +kind = ? ORDER BY rowid
"""
RECORD = "SELECT rowid, ifnull(body, given), given, source, line FROM records WHERE kind = ? AND id = ?"
STATUS = "SELECT status FROM records WHERE kind = ? AND id = ?"
RECORD_STATUSES = "SELECT status, count(*) FROM records GROUP BY status"
MEMBERSHIP_STATUSES = "SELECT status, count(*) FROM memberships GROUP BY status"
PERIODS = "SELECT ifnull(body, given) FROM memberships WHERE group_id = ? AND person_id = ?"
OF_PERSON = """
SELECT rowid, ifnull(body, given), given, source, line FROM memberships WHERE person_id = ? ORDER BY rowid
"""
PEOPLE_NOT_STAGED = """
SELECT DISTINCT person_id FROM memberships
WHERE NOT EXISTS (SELECT * FROM records WHERE kind = 'PERSON' AND id = person_id) ORDER BY 1
"""
GROUPS_NOT_STAGED = """
SELECT DISTINCT group_id FROM memberships
WHERE NOT EXISTS (SELECT * FROM records WHERE kind = 'GROUP' AND id = group_id) ORDER BY 1
"""
DANGLING = """
SELECT m.rowid, ifnull(m.body, m.given), m.given, m.source, m.line FROM memberships m
LEFT JOIN records p ON p.kind = 'PERSON' AND p.id = m.person_id
LEFT JOIN records g ON g.kind = 'GROUP' AND g.id = m.group_id
LEFT JOIN known kp ON kp.kind = 'PERSON' AND kp.id = m.person_id
LEFT JOIN known kg ON kg.kind = 'GROUP' AND kg.id = m.group_id
WHERE (p.id IS NULL AND kp.id IS NULL) OR (g.id IS NULL AND kg.id IS NULL) ORDER BY m.rowid
"""
IS_KNOWN = "SELECT 1 FROM known WHERE kind = ? AND id = ?"
SET_AFFECTED = """
UPDATE records SET status = 'affected' WHERE status IS NULL AND CASE kind
WHEN 'PERSON' THEN EXISTS (
  SELECT * FROM memberships m JOIN records g ON g.kind = 'GROUP' AND g.id = m.group_id
  WHERE m.person_id = records.id AND g.status NOT NULL)
ELSE EXISTS (
  SELECT * FROM memberships m LEFT JOIN records p ON p.kind = 'PERSON' AND p.id = m.person_id
  LEFT JOIN known k ON k.kind = 'PERSON' AND k.id = m.person_id
  WHERE m.group_id = records.id AND (p.status NOT NULL OR k.id NOT NULL))
END
"""
CHANGED_KEYS = """
SELECT DISTINCT kind, id FROM (
  SELECT kind, id, status FROM records UNION ALL
  SELECT 'PERSON', person_id, status FROM memberships UNION ALL
  SELECT 'GROUP', group_id, status FROM memberships
) WHERE status IS NULL OR status IN ('different', 'affected')
"""

# What is written to a registry that has records: `touches` are the pairs that change together.
PREPARE_CHANGES = """
CREATE TEMP VIEW changed_memberships AS
SELECT m.rowid AS number, m.* FROM memberships m
LEFT JOIN records p ON p.kind = 'PERSON' AND p.id = m.person_id
LEFT JOIN records g ON g.kind = 'GROUP' AND g.id = m.group_id
WHERE m.status IS NOT 'same' AND (p.id IS NULL OR g.id IS NULL OR p.status NOT NULL OR g.status NOT NULL);
CREATE TEMP TABLE touches (person_id TEXT, group_id TEXT, PRIMARY KEY (person_id, group_id)) WITHOUT ROWID;
INSERT OR IGNORE INTO touches SELECT person_id, group_id FROM changed_memberships;
INSERT OR IGNORE INTO touches SELECT person_id, group_id FROM homes;
CREATE TEMP TABLE sizes (group_id TEXT PRIMARY KEY, size INTEGER) WITHOUT ROWID;
INSERT INTO sizes SELECT group_id, count(*) FROM touches GROUP BY group_id;
"""
COUNT_CHANGES = """
SELECT (SELECT count(*) FROM records WHERE status IN ('different', 'affected')),
       (SELECT count(*) FROM changed_memberships)
"""
# People in none or several of the groups that change, those of one group together.
PEOPLE_APART = """
SELECT 'PERSON', rowid, ifnull(body, given), given, source, line, (
  SELECT group_id FROM touches JOIN sizes USING (group_id) WHERE person_id = r.id ORDER BY size DESC, group_id
) AS main_group FROM records r
WHERE kind = 'PERSON' AND status IN ('different', 'affected')
AND (SELECT count(*) FROM touches WHERE person_id = r.id) <> 1 ORDER BY main_group, rowid
"""
HOMES = "SELECT group_id FROM homes WHERE person_id = ?"
# Each group that changes, with the people who change and are in no other such group, and with its memberships.
BY_GROUP = """
SELECT 'PERSON', r.rowid, ifnull(r.body, r.given), r.given, r.source, r.line, t.group_id AS main_group, 0 AS rank
FROM records r JOIN touches t ON t.person_id = r.id JOIN sizes USING (group_id)
WHERE r.kind = 'PERSON' AND r.status IN ('different', 'affected') AND size BETWEEN :least AND :most
AND (SELECT count(*) FROM touches WHERE person_id = r.id) = 1
UNION ALL
SELECT 'GROUP', r.rowid, ifnull(r.body, r.given), r.given, r.source, r.line, r.id, 1
FROM records r LEFT JOIN sizes ON group_id = r.id
WHERE r.kind = 'GROUP' AND r.status IN ('different', 'affected') AND ifnull(size, 0) BETWEEN :least AND :most
UNION ALL
SELECT 'MEMBERSHIP', number, ifnull(body, given), given, source, line, group_id, 2
FROM changed_memberships JOIN sizes USING (group_id) WHERE size BETWEEN :least AND :most
ORDER BY main_group, rank, 2
"""
