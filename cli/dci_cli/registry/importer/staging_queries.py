"""The tables of a staging database, and the queries over several of them.

`given` is what a row gives, as JSON, and `body` the whole record, where it differs: as a new record, and after the
comparison as it shall be in the registry.
"""

from __future__ import annotations

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -16384;
CREATE TABLE records (kind TEXT, id TEXT, given TEXT, body TEXT, source TEXT, line INTEGER, UNIQUE (kind, id));
CREATE TABLE identifiers (pk TEXT PRIMARY KEY, kind TEXT, id TEXT) WITHOUT ROWID;
CREATE TABLE memberships (group_id TEXT, person_id TEXT, start TEXT, given TEXT, body TEXT, source TEXT, line INTEGER,
                          UNIQUE (group_id, person_id, start));
CREATE INDEX of_person ON memberships (person_id);
CREATE TABLE summaries (group_id TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
CREATE TABLE record_statuses (kind TEXT, id TEXT, status TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE membership_statuses (membership INTEGER PRIMARY KEY, status TEXT);
CREATE TABLE homes (person_id TEXT, group_id TEXT, PRIMARY KEY (person_id, group_id)) WITHOUT ROWID;
BEGIN;
"""

# The plus keeps SQLite from using an index, which would lose the order of the files.
GROUPS = """
SELECT g.id, ifnull(g.body, g.given), ifnull(m.body, m.given), ifnull(p.body, p.given) FROM records g
LEFT JOIN memberships m ON m.group_id = g.id
LEFT JOIN records p ON p.kind = 'PERSON' AND p.id = m.person_id
WHERE +g.kind = 'GROUP' ORDER BY g.rowid
"""
PEOPLE = """
SELECT p.id, ifnull(p.body, p.given), ifnull(m.body, m.given), s.body FROM records p
LEFT JOIN memberships m ON m.person_id = p.id
LEFT JOIN summaries s ON s.group_id = m.group_id
WHERE +p.kind = 'PERSON' ORDER BY p.rowid
"""
MEMBERSHIP_COUNTS = """
SELECT (SELECT count(*) FROM memberships WHERE group_id = ?), (SELECT count(*) FROM memberships WHERE person_id = ?)
"""
_STAGED = "rowid, ifnull(body, given), given, source, line"
RECORDS = f"SELECT {_STAGED} FROM records WHERE +kind = ? ORDER BY rowid"
RECORD = f"SELECT {_STAGED} FROM records WHERE kind = ? AND id = ?"
PERIODS = "SELECT ifnull(body, given) FROM memberships WHERE group_id = ? AND person_id = ?"
OF_PERSON = f"SELECT {_STAGED} FROM memberships WHERE person_id = ? ORDER BY rowid"
_WITHOUT_PERSON = "NOT EXISTS (SELECT * FROM records WHERE kind = 'PERSON' AND id = person_id)"
_WITHOUT_GROUP = "NOT EXISTS (SELECT * FROM records WHERE kind = 'GROUP' AND id = group_id)"
DANGLING = f"SELECT {_STAGED} FROM memberships WHERE {_WITHOUT_PERSON} OR {_WITHOUT_GROUP} ORDER BY rowid"
PEOPLE_NOT_STAGED = f"SELECT DISTINCT person_id FROM memberships WHERE {_WITHOUT_PERSON} ORDER BY 1"
GROUPS_NOT_STAGED = f"SELECT DISTINCT group_id FROM memberships WHERE {_WITHOUT_GROUP} ORDER BY 1"
