"""The tables of a staging database, and the queries over several of them."""

from __future__ import annotations

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -16384;
CREATE TABLE records (kind TEXT, id TEXT, body TEXT, source TEXT, line INTEGER, UNIQUE (kind, id));
CREATE TABLE identifiers (pk TEXT PRIMARY KEY, kind TEXT, id TEXT) WITHOUT ROWID;
CREATE TABLE memberships (group_id TEXT, person_id TEXT, start TEXT, body TEXT, source TEXT, line INTEGER,
                          UNIQUE (group_id, person_id, start));
CREATE INDEX of_person ON memberships (person_id);
CREATE TABLE summaries (group_id TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
CREATE TABLE record_statuses (kind TEXT, id TEXT, status TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE membership_statuses (group_id TEXT, person_id TEXT, start TEXT, status TEXT,
                                  PRIMARY KEY (group_id, person_id, start)) WITHOUT ROWID;
BEGIN;
"""

# The plus keeps SQLite from using an index, which would lose the order of the files.
GROUPS = """
SELECT g.id, g.body, m.body, p.body FROM records g
LEFT JOIN memberships m ON m.group_id = g.id
LEFT JOIN records p ON p.kind = 'PERSON' AND p.id = m.person_id
WHERE +g.kind = 'GROUP' ORDER BY g.rowid
"""
PEOPLE = """
SELECT p.id, p.body, m.body, s.body FROM records p
LEFT JOIN memberships m ON m.person_id = p.id
LEFT JOIN summaries s ON s.group_id = m.group_id
WHERE +p.kind = 'PERSON' ORDER BY p.rowid
"""
MEMBERSHIP_COUNTS = """
SELECT (SELECT count(*) FROM memberships WHERE group_id = ?), (SELECT count(*) FROM memberships WHERE person_id = ?)
"""
PERIODS = "SELECT body FROM memberships WHERE group_id = ? AND person_id = ?"
_MEMBERSHIPS = """
SELECT m.body, m.source, m.line FROM memberships m
LEFT JOIN records p ON p.kind = 'PERSON' AND p.id = m.person_id
LEFT JOIN records g ON g.kind = 'GROUP' AND g.id = m.group_id
"""
DANGLING_MEMBERSHIPS = f"{_MEMBERSHIPS} WHERE p.id IS NULL OR g.id IS NULL ORDER BY m.rowid"
RECORDS_WITH_STATUS = """
SELECT r.kind, r.body, r.source, r.line FROM records r
JOIN record_statuses s ON s.kind = r.kind AND s.id = r.id AND s.status = ? ORDER BY r.rowid
"""
CHANGED_KEYS = """
SELECT DISTINCT kind, id FROM (
  SELECT kind, id, status FROM records LEFT JOIN record_statuses USING (kind, id) UNION ALL
  SELECT 'PERSON', person_id, status FROM memberships LEFT JOIN membership_statuses USING (group_id, person_id)
  UNION ALL
  SELECT 'GROUP', group_id, status FROM memberships LEFT JOIN membership_statuses USING (group_id, person_id)
) WHERE status IS NULL OR status IN ('different', 'affected')
"""
MEMBERSHIPS_TO_CHANGE = f"""
{_MEMBERSHIPS}
LEFT JOIN record_statuses d ON d.kind = 'PERSON' AND d.id = p.id AND d.status IN ('different', 'affected')
LEFT JOIN record_statuses e ON e.kind = 'GROUP' AND e.id = g.id AND e.status IN ('different', 'affected')
WHERE p.id NOT NULL AND g.id NOT NULL AND (d.id NOT NULL OR e.id NOT NULL) ORDER BY m.rowid
"""
