"""A database that the registry follows: what a pass reads from it, and in which shape.

`openspp/` is such a source. Everything that a pass reads comes from one `Snapshot`, so that a person is never read
without an identifier that was added at the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from dci_cli.command_error import CommandError
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person


class SourceUnavailable(CommandError):
    """The source cannot be read now, and may be later: it is down, restarting, or cancelled the query.

    Every other problem of a source is a CommandError: a missing grant, an encrypted registry, an unknown tag.
    """


class Identity(NamedTuple):
    """A registrant that partners should see. `source_id` with `kind` is unique; a person may become a group.

    `id` is the registry's key of the record. `restricted` is as the source says now, whatever was touched.
    """

    source_id: int
    kind: Kind
    id: str
    restricted: bool


class SourceWarning(NamedTuple):
    """A part of a registrant that was left out or changed, in the operator's words.

    `what` is a whole sentence without any value of the registrant, so that warnings can be counted by it:
    "gender has a value that is unknown: name it in --map.". `field` is the source's name of the column.
    """

    source_id: int
    field: str
    what: str


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A person, or a group with its memberships, complete: what it does not have is to be removed (`--replace`).

    `record` has the source's own `last_updated` if there is one. `digest` (16 bytes) is of the record and its
    memberships without `last_updated`, which changes by itself in OpenSPP; `restricted` is in it.

    `contested` says that the record also depends on what other registrants have: two have one identifier, or a person
    is in too many groups. It must be read again in each pass, because what changes it touches others only.
    """

    source_id: int
    kind: Kind
    record: Person | Group
    memberships: tuple[Membership, ...]  # of a group: at most one for each person, who all have an Identity
    digest: bytes
    contested: bool
    warnings: tuple[SourceWarning, ...]

    @property
    def id(self) -> str:
        """The registry's key of the record."""
        return self.record.id

    @property
    def restricted(self) -> bool:
        """Whether the source says that the person is restricted."""
        return isinstance(self.record, Person) and self.record.restricted


class Snapshot(Protocol):
    """One moment of the source. Every iterator needs little memory for any number of registrants.

    Iterators may be interleaved, by one thread. They raise SourceUnavailable when the source goes away.
    """

    @property
    def database(self) -> str:
        """The database's own id, a UUID, which a copy of the database does not share."""

    @property
    def version(self) -> str:
        """What the source is, for people: `OpenSPP 17 (17.0.1.3)`."""

    @property
    def moment(self) -> datetime:
        """When the snapshot was taken, by the source's clock, in UTC with a time zone."""

    @property
    def lists_digest(self) -> str:
        """A digest of all lists (types of identifiers, kinds, codes, areas) and of the options.

        When it differs from that of the last pass, every record may differ: read all of them.
        """

    @property
    def says_who_is_restricted(self) -> bool:
        """Whether the source is asked for restricted people. If it is not, it restricts nobody."""

    @property
    def not_granted(self) -> Mapping[str, Sequence[str]]:
        """The columns that would be read and may not be, by their tables: none, if nothing of the table may."""

    def parts(self) -> Mapping[str, int]:
        """Return how many identifiers, phone numbers and other rows of its own the source has for all registrants.

        The keys are plural words: `phone numbers`. What may not be read, or is not there, has none.
        """

    def identities(self) -> Iterator[Identity]:
        """Yield every registrant that partners should see, in the order of `source_id`."""

    def touched(self, since: datetime) -> Iterator[int]:
        """Yield the ids of registrants that were written, or a child of which was, at or after a moment.

        Those whose time of writing is unknown are among them, and those that are contested now. In order, each once.
        They need not have an Identity. `since` has a time zone.
        """

    def neighbours(self, source_ids: Iterable[int]) -> Iterator[int]:
        """Yield the ids of registrants whose records name one of these: their groups, and the people related to them.

        For those that appeared or disappeared since the last pass, or changed their kind. In order, each once.
        """

    def records(self, source_ids: Iterable[int] | None = None) -> Iterator[SourceRecord]:
        """Yield the records with these ids, which are given in order, or all, in the order of `source_id`.

        Ids without an Identity are skipped.
        """


class Source(Protocol):
    """A database that can be read again and again."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Return the source as it is now. Leaving it ends its transaction. Raises SourceUnavailable, CommandError."""
