"""What the registry shall have of a record of the source, and which of its records may become that."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

from pydantic_core import from_json, to_json

from dci_cli.registry.follow.source import SourceRecord
from dci_common.registry.errors import WriteRefused
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.followed import content_digest
from dci_common.registry.model.records import Group, Membership, Person, Source
from dci_common.registry.model.views import AnyView, View, entry_key, membership_fields

MODELS: dict[Kind, type[Person | Group]] = {Kind.PERSON: Person, Kind.GROUP: Group}


@dataclass(frozen=True, slots=True)
class Target:
    """A record as the registry shall have it, with the memberships of a group; `digest` is of both."""

    source_id: int
    kind: Kind
    record: Person | Group
    memberships: tuple[Membership, ...]
    digest: str

    @property
    def id(self) -> str:
        """The registry's key of the record."""
        return self.record.id


def target_of(found: SourceRecord, database: str) -> Target:
    """Return what the registry shall have of a record of a database."""
    mark = {"restricted": True} if found.restricted else {}
    source = Source(database=database, id=found.source_id, **mark)
    record = found.record.model_copy(update={"source": source})
    members = [{"id": one.person_id} | membership_fields(record_fields(one)) for one in found.memberships]
    view = record_fields(record) | ({"members": sorted(members, key=entry_key)} if members else {})
    return Target(found.source_id, found.kind, record, found.memberships, content_digest(view))


def is_own(view: AnyView, databases: Set[str]) -> bool:
    """Return whether a record of the registry follows one of these databases: only such ones are changed."""
    return view.get("source", {}).get("database") in databases


def merged(record: Person | Group, stored: AnyView, databases: Set[str]) -> Person | Group:
    """Return what a record becomes in place of the one that the registry has.

    An operator's restriction stays. Raises WriteRefused when the registry's record is not one of these databases'.
    """
    if not is_own(stored, databases):
        raise WriteRefused(f"The id {record.id} is that of another record, which does not follow the database.")
    return restricted_here(record) if is_restricted_here(stored) else record


def is_restricted_here(stored: AnyView) -> bool:
    """Return whether an operator has restricted a followed record, alone or beside the source."""
    is_here_too = bool(stored.get("source", {}).get("restricted_here"))
    return bool(stored.get("restricted")) and (is_here_too or not is_restricted_by_source(stored))


def is_restricted_by_source(stored: AnyView) -> bool:
    """Return whether the source has restricted a followed record."""
    return bool(stored.get("source", {}).get("restricted"))


def restricted_here(record: Person | Group) -> Person | Group:
    """Return a person with an operator's restriction, beside the source's if there is one; a group as it is."""
    if isinstance(record, Group) or record.source is None:
        return record
    source = record.source.model_copy(update={"restricted_here": record.source.restricted})
    return record.model_copy(update={"restricted": True, "source": source})


def as_of_source(stored: AnyView) -> AnyView:
    """Return a followed record without an operator's restriction."""
    if not is_restricted_here(stored):
        return stored
    source = {name: value for name, value in stored["source"].items() if name != "restricted_here"}
    left = {name: value for name, value in stored.items() if name != "restricted" or source.get("restricted")}
    return {**left, "source": source}


def written_record(record: Person | Group) -> str:
    """Return a record as JSON, which `read_record` reads."""
    return record.model_dump_json(exclude_defaults=True)


def read_record(kind: Kind, text: str) -> Person | Group:
    """Return a record that was written."""
    return MODELS[kind].model_validate_json(text)


def written_memberships(memberships: Iterable[Membership]) -> str:
    """Return memberships as JSON, which `read_memberships` reads."""
    return to_json([record_fields(one) for one in memberships]).decode()


def read_memberships(text: str) -> list[Membership]:
    """Return memberships that were written. One without a start has none, whatever the registry has."""
    views: list[View] = from_json(text)
    return [Membership.model_validate({"start": None, **view}) for view in views]
