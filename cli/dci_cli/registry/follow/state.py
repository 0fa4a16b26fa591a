"""What the registry had of the source after the last pass: a local database, which may be lost.

It says which records need no look. Without it, or when somebody else has followed since, it is made again of the
registry itself. What a pass finds out is kept at its end only, so a pass that is killed is made again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Set
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self

from dci_cli.command_error import CommandError
from dci_cli.registry.follow import state_queries as queries
from dci_cli.registry.follow.source import Identity
from dci_common.registry.model.base import Kind
from dci_common.registry.model.followed import Followed

Key = tuple[Kind, str]
Scanned = Iterable[tuple[Kind, str, Followed | None]]


class Kept(NamedTuple):
    """What was kept of the last pass.

    `token` is the one that the registry has since, `moment` that of the snapshot, `lists` the digest of its lists and
    options, and `full` when all records were last compared with the registry, in epoch seconds.
    """

    database: str
    token: str
    moment: datetime
    lists: str
    full: float


class State:
    """The database of one registry, which other users cannot read. `db` has temporary tables of the pass too."""

    def __init__(self, path: Path | str) -> None:
        self._path = path
        try:
            try:
                self.db = self._open()
            except sqlite3.OperationalError as error:
                raise CommandError(f"{path} cannot be used ({error}): name another file with --state.") from error
            except sqlite3.DatabaseError:  # damaged: as if it were lost
                self.replace()
        except OSError as error:
            raise CommandError(
                f"{path} cannot be written: {error.strerror}. Name another file with --state."
            ) from error

    @classmethod
    def copy_of(cls, path: Path) -> Self:
        """Return a copy in memory, for a pass that keeps nothing; an empty one if no file can be read."""
        copy = cls("")
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            db.backup(copy.db)
        return copy

    def replace(self) -> None:
        """Begin a new state in place of one that is damaged, which is kept beside it: it may be another's file."""
        if hasattr(self, "db"):
            self.db.close()
        Path(f"{self._path}-journal").unlink(missing_ok=True)
        Path(self._path).replace(f"{self._path}.damaged")
        self.db = self._open()

    def _open(self) -> sqlite3.Connection:
        if self._path:
            Path(self._path).parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL, 0o600))
        db = sqlite3.connect(self._path, isolation_level=None)
        (format_,) = db.execute("PRAGMA user_version").fetchone()
        if format_ != queries.FORMAT:
            if names := sorted(set(_tables(db)) - queries.TABLES):
                db.close()
                raise CommandError(
                    f"{self._path} is another program's database (it has {names[0]}): name another file with --state."
                )
            for name in queries.TABLES:  # of another version
                db.execute(f"DROP TABLE IF EXISTS {name}")
        db.executescript(queries.SCHEMA)
        return db

    @contextmanager
    def one_pass(self) -> Iterator[None]:
        """Forget at the end what was not kept."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise CommandError(
                f"{self._path} cannot be used ({error}): another follower has it, or it may not be written."
            ) from error
        try:
            for statement in queries.BEGIN_PASS:
                self.db.execute(statement)
            yield
        finally:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")

    @property
    def kept(self) -> Kept | None:
        """What was kept of the last pass; None before the first pass."""
        found = dict(self.db.execute("SELECT name, value FROM meta"))
        with suppress(KeyError, ValueError):
            moment = datetime.fromisoformat(found["moment"])
            return Kept(found["database"], found["token"], moment, found["lists"], float(found["full"]))
        return None

    def keep(self, kept: Kept) -> None:
        """Keep what the pass has found out, and end it."""
        values = kept._asdict() | {"moment": kept.moment.astimezone(UTC).isoformat(), "full": str(kept.full)}
        self.db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
        self.db.execute(queries.DROP_OTHERS)
        self.db.execute("DELETE FROM restricted")
        self.db.execute("INSERT INTO restricted SELECT source_id FROM source WHERE restricted")
        self.db.execute("COMMIT")

    def read_identities(self, identities: Iterable[Identity]) -> None:
        """Take in whom the source has now."""
        rows = ((one.source_id, one.kind, one.id, one.restricted) for one in identities)
        self.db.executemany("INSERT INTO source VALUES (?, ?, ?, ?)", rows)

    def rebuild(self, scanned: Scanned, databases: Set[str]) -> None:
        """Take in what the registry has: its records that follow one of these databases, and the others."""
        self.db.executemany(
            "INSERT OR IGNORE INTO scanned VALUES (?, ?, ?, ?)",
            (
                (source.source_id, kind, id_, source.digest)
                if source and source.database in databases
                else (None, kind, id_, "")
                for kind, id_, source in scanned
            ),
        )
        for statement in queries.REBUILD:
            self.db.execute(statement)

    def vanished(self) -> list[Key]:
        """Return the records that the source does not have any more, groups first."""
        return [(Kind(kind), id_) for kind, id_ in self.db.execute(queries.VANISHED)]

    @property
    def own(self) -> dict[Kind, int]:
        """How many people and groups follow the source."""
        found = dict(self.db.execute("SELECT kind, count(*) FROM known WHERE is_own GROUP BY kind"))
        return {kind: found.get(kind, 0) for kind in Kind}

    @property
    def counts(self) -> dict[Kind, int]:
        """How many people and groups the source has."""
        found = dict(self.db.execute("SELECT kind, count(*) FROM source GROUP BY kind"))
        return {kind: found.get(kind, 0) for kind in Kind}

    @property
    def restricted(self) -> int:
        """How many people the source restricts."""
        (number,) = self.db.execute("SELECT count(*) FROM source WHERE restricted").fetchone()
        return int(number)

    def is_person_in_source(self, id_: str) -> bool:
        """Return whether the source has a person with this key of the registry."""
        query = "SELECT 1 FROM source WHERE id = ? AND kind = 'PERSON'"
        return self.db.execute(query, (id_,)).fetchone() is not None

    @property
    def absent(self) -> int:
        """How many records of the source the registry does not have."""
        (number,) = self.db.execute(queries.COUNT_ABSENT).fetchone()
        return int(number)

    def is_absent(self, kind: Kind, id_: str) -> bool:
        """Return whether the registry has no record with this key."""
        return self.db.execute(queries.IS_PRESENT, {"kind": kind, "id": id_}).fetchone() is None

    def is_foreign(self, kind: Kind, id_: str) -> bool:
        """Return whether a scan has found a record with this key that does not follow the source."""
        return self.db.execute(queries.IS_FOREIGN, (kind, id_)).fetchone() is not None

    def add_loaded(self, source_id: int, key: Key, digest: str) -> None:
        """Note that a record is being loaded."""
        self.db.execute("INSERT OR REPLACE INTO loaded VALUES (?, ?, ?, ?)", (source_id, *key, digest))

    def set_loaded(self, without: Iterable[int]) -> None:
        """Note that the records are loaded that were being loaded, but those with these ids, which are to be read."""
        self.want(rejected := list(without))
        self.db.executemany("DELETE FROM loaded WHERE source_id = ?", ((id_,) for id_ in rejected))
        self.db.execute("INSERT OR REPLACE INTO known SELECT source_id, kind, id, digest, '', '', 1 FROM loaded")

    def is_own(self, kind: Kind, id_: str) -> bool | None:
        """Return whether the record with this key follows the source; None when that is not known."""
        row = self.db.execute("SELECT is_own FROM known WHERE kind = ? AND id = ?", (kind, id_)).fetchone()
        return bool(row[0]) if row else None

    def want(self, source_ids: Iterable[int]) -> None:
        """Have records read by this pass."""
        self.db.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", ((id_,) for id_ in source_ids))

    def want_changed(self) -> list[int]:
        """Want those who came, or whose restriction changed. Returns the ids that came, vanished or changed kind."""
        self.db.execute(queries.WANT_CHANGED)
        return [id_ for (id_,) in self.db.execute(queries.MOVED)]

    def wanted(self) -> list[int]:
        """Return the ids that are to be read, in order."""
        return [id_ for (id_,) in self.db.execute(queries.WANTED)]

    def digests(self, source_id: int, kind: Kind, id_: str) -> tuple[str, str]:
        """Return the digests of what the registry has of a record, and of what was rejected; or empty ones."""
        row = self.db.execute(queries.DIGESTS, (source_id, kind, id_)).fetchone()
        return row or ("", "")

    def digest_before(self, kind: Kind, id_: str) -> str:
        """Return the digest that the registry's record had before somebody else changed it, if a scan found that."""
        row = self.db.execute("SELECT digest FROM altered WHERE kind = ? AND id = ?", (kind, id_)).fetchone()
        return row[0] if row else ""

    def set_known(self, source_id: int, key: Key, digest: str, *, is_own: bool = True) -> None:
        """Note that the registry has a record as the source has it."""
        self.db.execute(queries.SET_KNOWN, (source_id, *key, digest, "", "", is_own))

    def set_problem(self, source_id: int, key: Key, tried: str, problem: str, *, is_own: bool) -> bool:
        """Note why a record is not as the source has it. Returns whether that is news."""
        row = self.db.execute(queries.PROBLEM, (source_id, *key)).fetchone()
        self.db.execute(queries.SET_KNOWN, (source_id, *key, "", tried, problem, is_own))
        return row is None or row[0] != problem

    def forget(self, key: Key) -> None:
        """Note that the registry does not have a record any more."""
        self.db.execute("DELETE FROM known WHERE kind = ? AND id = ? AND is_own", key)

    @property
    def problems(self) -> int:
        """How many records are not as the source has them."""
        (number,) = self.db.execute("SELECT count(*) FROM known WHERE problem <> ''").fetchone()
        return int(number)

    def close(self) -> None:
        """Close the file."""
        self.db.close()


def _tables(db: sqlite3.Connection) -> list[str]:
    return [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
