"""The tables of a follower's state, and the queries over several of them.

`known` are the records that the registry has of the source: `digest` is empty for one that is not as the source has
it, and `tried` then is the digest of what was rejected. One that is not `is_own` belongs to somebody else, or could
not be written. `source` has whom the source has now, `scanned` what a scan of the registry has found (others' records
without `source_id`), `wanted` who is to be read, `loaded` who is being loaded, and `altered` what `known` had before
a scan found something else.
"""

from __future__ import annotations

FORMAT = 1  # of the tables that are kept; those of another one are made again
TABLES = {"meta", "known", "restricted"}
SCHEMA = f"""
PRAGMA cache_size = -32768;
PRAGMA user_version = {FORMAT};
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known (source_id INTEGER, kind TEXT, id TEXT, digest TEXT, tried TEXT, problem TEXT,
                                  is_own INTEGER, PRIMARY KEY (source_id, kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS known_by_key ON known (kind, id);
CREATE TABLE IF NOT EXISTS restricted (source_id INTEGER PRIMARY KEY);
"""
_TEMPORARY = {
    "source": "source_id INTEGER, kind TEXT, id TEXT, restricted INTEGER, PRIMARY KEY (source_id, kind, id)",
    "scanned": "source_id INTEGER, kind TEXT, id TEXT, digest TEXT, PRIMARY KEY (kind, id)",
    "wanted": "source_id INTEGER PRIMARY KEY",
    "loaded": "source_id INTEGER, kind TEXT, id TEXT, digest TEXT, PRIMARY KEY (kind, id)",
    "altered": "kind TEXT, id TEXT, digest TEXT, PRIMARY KEY (kind, id)",
    "plan": (
        "kind TEXT, id TEXT, source_id INTEGER, digest TEXT, before TEXT, record TEXT, memberships TEXT, "
        "is_put INTEGER, is_new INTEGER, changes TEXT, homes TEXT, unit TEXT, PRIMARY KEY (kind, id)"
    ),
}
BEGIN_PASS = (
    *(f"DROP TABLE IF EXISTS temp.{name}" for name in _TEMPORARY),
    *(f"CREATE TEMP TABLE {name} ({columns}) WITHOUT ROWID" for name, columns in _TEMPORARY.items()),
    "CREATE INDEX temp.plan_by_unit ON plan (unit)",
)
IN_SOURCE = "SELECT 1 FROM source s WHERE s.source_id = known.source_id AND s.kind = known.kind AND s.id = known.id"
DROP_OTHERS = f"DELETE FROM known WHERE is_own = 0 AND NOT EXISTS ({IN_SOURCE})"  # noqa: S608
REBUILD = (
    """INSERT INTO altered SELECT kind, id, k.digest FROM known k JOIN scanned s USING (kind, id)
       WHERE k.is_own AND k.digest <> '' AND (s.source_id IS NULL OR s.digest <> k.digest)""",
    """DELETE FROM known WHERE is_own AND NOT EXISTS (
       SELECT 1 FROM scanned s WHERE s.kind = known.kind AND s.id = known.id AND s.source_id = known.source_id)""",
    """INSERT INTO known SELECT source_id, kind, id, digest, '', '', 1 FROM scanned WHERE source_id NOT NULL
       ON CONFLICT DO UPDATE SET digest = excluded.digest, is_own = 1""",
)
VANISHED = f"SELECT kind, id FROM known WHERE is_own AND NOT EXISTS ({IN_SOURCE}) ORDER BY kind, id"  # noqa: S608
# Nothing of these is in the registry, as far as is known.
COUNT_ABSENT = """
SELECT count(*) FROM source WHERE NOT EXISTS (
  SELECT 1 FROM known k WHERE k.source_id = source.source_id AND k.kind = source.kind AND k.id = source.id
) AND NOT EXISTS (SELECT 1 FROM scanned s WHERE s.kind = source.kind AND s.id = source.id)
"""
IS_PRESENT = """
SELECT 1 FROM known WHERE kind = :kind AND id = :id UNION ALL SELECT 1 FROM scanned WHERE kind = :kind AND id = :id
"""
IS_FOREIGN = "SELECT 1 FROM scanned WHERE kind = ? AND id = ? AND source_id IS NULL"
WANT_CHANGED = """
INSERT OR IGNORE INTO wanted SELECT source_id FROM source WHERE NOT EXISTS (
  SELECT 1 FROM known k WHERE k.source_id = source.source_id AND k.kind = source.kind AND k.id = source.id
) UNION SELECT source_id FROM source WHERE restricted AND source_id NOT IN (SELECT source_id FROM restricted)
UNION SELECT source_id FROM source WHERE NOT restricted AND source_id IN (SELECT source_id FROM restricted)
"""
MOVED = f"""
SELECT source_id FROM source WHERE NOT EXISTS (
  SELECT 1 FROM known k WHERE k.source_id = source.source_id AND k.kind = source.kind AND k.id = source.id
) UNION SELECT source_id FROM known WHERE is_own AND NOT EXISTS ({IN_SOURCE}) ORDER BY 1
"""  # noqa: S608
WANTED = "SELECT source_id FROM wanted ORDER BY source_id"
DIGESTS = "SELECT digest, tried FROM known WHERE source_id = ? AND kind = ? AND id = ?"
PROBLEM = "SELECT problem FROM known WHERE source_id = ? AND kind = ? AND id = ?"
SET_KNOWN = "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?, ?)"
