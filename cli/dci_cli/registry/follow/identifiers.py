"""Identifiers that belong to another record than the one that shall have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dci_cli.registry.support.registry_table import UNLIMITED
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Identifier, Person
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

Registrant = Person | Group


class OwnedIdentifiers:
    """Finds whose the identifiers of records are in the registry."""

    def __init__(self, runtime: Runtime) -> None:
        self._store = RegistryStore(runtime)

    def exchanged(self, records: Sequence[Registrant]) -> list[Registrant]:
        """Return those of some records that have an identifier which another one of them shall have."""
        there = {_pk(record): record for record in records}
        owners = {owner for record in records for owner in self._owners(record).values() if owner != _pk(record)}
        return [record for pk, record in there.items() if pk in owners]

    def without_taken(self, record: Registrant) -> tuple[Registrant, str]:
        """Return a record without the identifiers that are others', and what these are: their types and owners."""
        owners = self._owners(record)
        taken = {
            one: owner
            for one in record.identifiers
            if (owner := owners.get(_identifier_pk(one), "")) != _pk(record) and owner
        }
        kept = tuple(one for one in record.identifiers if one not in taken)
        texts = (f"an identifier of type {one.identifier_type} ({owner})" for one, owner in taken.items())
        return record.model_copy(update={"identifiers": kept}), ", ".join(dict.fromkeys(texts))

    def _owners(self, record: Registrant) -> dict[str, str]:
        pks = [_identifier_pk(one) for one in record.identifiers]
        return self._store.identifier_owners(pks, Budget(UNLIMITED), entitled=True) if pks else {}


def _identifier_pk(one: Identifier) -> str:
    return keys.identifier_pk(one.identifier_type, normalize.identifier(one.identifier_value))


def _pk(record: Registrant) -> str:
    return keys.record_pk(Kind.PERSON if isinstance(record, Person) else Kind.GROUP, record.id)
