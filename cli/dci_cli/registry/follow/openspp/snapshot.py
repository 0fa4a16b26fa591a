"""One moment of OpenSPP's database: its registrants, what was written since, and the records."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from itertools import chain, islice

from dci_cli.command_error import CommandError
from dci_cli.registry.follow.openspp import attributes, terms
from dci_cli.registry.follow.openspp.change_queries import ChangeQueries
from dci_cli.registry.follow.openspp.connection import Transaction
from dci_cli.registry.follow.openspp.grants import not_granted
from dci_cli.registry.follow.openspp.lists import Lists, read_lists
from dci_cli.registry.follow.openspp.options import Options
from dci_cli.registry.follow.openspp.parts import Mapping
from dci_cli.registry.follow.openspp.queries import Queries
from dci_cli.registry.follow.openspp.records import RecordReader
from dci_cli.registry.follow.openspp.schema import database_id, read_schema, version
from dci_cli.registry.follow.source import Identity, SourceRecord
from dci_common.registry.model.base import Kind

_SYSTEM_ID = "system_id"
_FEW = 20_000  # whose records are asked for by their ids; more are picked out of all
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://openspp.org/database")
_MOMENT = """
SELECT CASE WHEN NOT pg_is_in_recovery() OR (pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
                 AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL)) THEN transaction_timestamp()
            ELSE least(transaction_timestamp(), coalesce(pg_last_xact_replay_timestamp(),
                                                         (SELECT checkpoint_time FROM pg_control_checkpoint())))
       END AS moment"""
_FIRST_TIME_ZONE = timedelta(hours=14)  # where a day begins first


class OpenSppSnapshot:
    """A snapshot of the database; see `source.Snapshot`."""

    def __init__(self, tx: Transaction, options: Options) -> None:
        """Read the lists. Raises CommandError when the database cannot be followed, or an option does not fit."""
        self._tx, self._options = tx, options
        self._schema = read_schema(tx)
        self.moment = _moment(tx)
        self.database = str(uuid.uuid5(_NAMESPACE, "/".join(database_id(tx))))
        self.version = version(self._schema, tx)
        lists = read_lists(tx, self._schema)
        types = _types(lists, options)
        self._queries = Queries(self._schema, options, types, self.moment)
        self._changes = ChangeQueries(self._schema, options, types)
        self._mapping = self._read_mapping(lists, types)

    @property
    def not_granted(self) -> dict[str, tuple[str, ...]]:
        """The columns that would be read and may not be, by their tables."""
        return not_granted(self._schema, self._options)

    @cached_property
    def lists_digest(self) -> str:
        """A digest of all that every record is made with: the lists, the options, the columns that may be read."""
        mapping = self._mapping
        parts = (mapping.lists, self._options, mapping.types, mapping.labels, mapping.kinds, self._schema.readable)
        return blake2b("\0".join(map(repr, parts)).encode(), digest_size=16).hexdigest()

    @property
    def says_who_is_restricted(self) -> bool:
        """Whether a tag marks restricted people."""
        return bool(self._options.restricted_tag)

    def parts(self) -> dict[str, int]:
        """Return how many identifiers, phone numbers, memberships and relationships there are."""
        (row,) = self._tx.select(self._changes.parts())
        return {name: number for name, number in row.items() if number is not None}

    def identities(self) -> Iterator[Identity]:
        """Yield every registrant that partners should see."""
        prefix, restricted = self._options.prefix, self._mapping.restricted
        for id_, is_group in self._tx.stream(self._changes.identities()):
            kind = Kind.GROUP if is_group else Kind.PERSON
            yield Identity(id_, kind, f"{prefix}{id_}", not is_group and id_ in restricted)

    def touched(self, since: datetime) -> Iterator[int]:
        """Yield who was written at or after a moment, and who shares an identifier with them."""
        written = self._ids(self._changes.written(since), whole=True)
        few = list(islice(written, _FEW + 1))
        if not few:
            return
        if len(few) > _FEW:
            yield from self._ids(self._changes.with_sharers(since), whole=True)
        else:
            yield from self._ids(self._changes.with_sharers(), few)

    def neighbours(self, source_ids: Iterable[int]) -> Iterator[int]:
        """Yield whose records depend on one of these; for a great many of them, simply everybody."""
        ids = list(islice(source_ids, _FEW + 1))
        if len(ids) > _FEW:
            yield from (identity.source_id for identity in self.identities())
        elif ids:
            yield from self._ids(self._changes.neighbours(), ids)

    def records(self, source_ids: Iterable[int] | None = None) -> Iterator[SourceRecord]:
        """Yield the records with these ids, which are in order, or all."""
        reader = RecordReader(self._tx, self._queries, self._mapping, self._today)
        if source_ids is None:
            return reader.read()
        given = iter(source_ids)
        few = list(islice(given, _FEW + 1))
        if len(few) <= _FEW:
            return reader.read(ids=few) if few else iter(())
        return reader.read(picked=chain(few, given))

    def _ids(self, query: str, ids: list[int] | None = None, *, whole: bool = False) -> Iterator[int]:
        self._tx.prefer_whole_tables(whole)
        for (id_,) in self._tx.stream(query, {"ids": ids}):
            yield id_

    @property
    def _today(self) -> date:
        return (self.moment + _FIRST_TIME_ZONE).date()

    def _read_mapping(self, lists: Lists, types: dict[int, str]) -> Mapping:
        tx, schema, options = self._tx, self._schema, self._options
        attributes.check_columns(schema, options)
        if options.restricted_tag or attributes.TAGS in options.attributes:
            schema.require(schema.layout.tags, schema.layout.tagged, schema.layout.tag)
        tags = [id_ for id_, term in lists.tags.items() if options.restricted_tag in (term.text, *term.others)]
        restricted = self._restricted(tags) if options.restricted_tag else frozenset()
        names = (*options.attributes, *options.fields)
        labels = attributes.read_labels(tx, schema, names)
        return Mapping(schema, lists, options, types, restricted, labels, attributes.kinds_of(tx, schema, names))

    def _restricted(self, tags: list[int]) -> frozenset[int]:
        """Return who has the tag of people who need protection. Raises CommandError when there is no such tag."""
        if not tags:
            raise CommandError(
                f"OpenSPP has no tag {self._options.restricted_tag}, by which people are restricted, or it cannot be "
                "read. Nothing was changed: correct --restricted-tag, or the grants."
            )
        rows = self._tx.stream(self._changes.tagged(), {"tag_ids": tags})
        return frozenset(id_ for (id_,) in rows)


def _moment(tx: Transaction) -> datetime:
    """Return the moment whose data is read: on a standby that does not keep up, that of the last change it has."""
    (row,) = tx.select(_MOMENT)
    moment: datetime = row["moment"]
    return moment.astimezone(UTC)


def _types(lists: Lists, options: Options) -> dict[int, str]:
    """Return the types of identifiers that are read, with the names that the registry gives them."""
    return {
        id_: name
        for id_, term in lists.id_types.items()
        if (options.system_ids or term.text != _SYSTEM_ID) and (name := terms.identifier_type(term, options.names))
    }
