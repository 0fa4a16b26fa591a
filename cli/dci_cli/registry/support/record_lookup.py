"""Finds records for an operator: by id, identifier, phone number or e-mail address, as searches match these values.

An operator finds restricted people too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dci_cli.command_error import CommandError
from dci_cli.registry.support.registry_table import UNLIMITED
from dci_common.registries.social.owners import owners_by_identifier, owners_by_phone
from dci_common.registry.model.base import Kind
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore, Stored

ID_OR_IDENTIFIER = "the id of a person or group (PERSON#ID or GROUP#ID if both have it), or TYPE VALUE: an identifier"


def find_record(store: RegistryStore, names: Sequence[str]) -> Stored:
    """Read the one record with an id, with a key `PERSON#<id>` or `GROUP#<id>`, or with an identifier (two names).

    Raises CommandError unless there is exactly one.
    """
    if len(names) > 2 or not all(names):  # noqa: PLR2004 - a type and a value
        raise CommandError(f"Give {ID_OR_IDENTIFIER}; a type or value with spaces is put in quotes.")
    what = " ".join(names)
    found = by_identifier(store, *names) if len(names) > 1 else by_id(store, what)
    if not found:
        subject = f"with {what}" if len(names) > 1 else what
        raise CommandError(f"There is no person and no group {subject} in the registry.")
    if len(found) > 1:
        listed = " or ".join(record_pk(stored) for stored in found)
        same = f"Several records have {what}" if len(names) > 1 else f"Both a person and a group have the id {what}"
        raise CommandError(f"{same}: name one of them, {listed}.")
    return found[0]


def by_id(store: RegistryStore, name: str) -> list[Stored]:
    """Read the records with an id, or the one with a key: a person and a group may have the same id."""
    kind, mark, record_id = name.rpartition("#")
    return records(store, [keys.record_pk(known, record_id) for known in Kind if known == kind or not mark])


def by_identifier(store: RegistryStore, type_: str, value: str) -> list[Stored]:
    """Read the records with an identifier, a phone number or an e-mail address, by the name of its type.

    Raises CommandError when the registry has no such type.
    """
    owners = owners_by_identifier(store, type_, value, Budget(UNLIMITED), entitled=True)
    if owners is None:
        types = store.settings().known_types(restricted=True)
        raise CommandError(
            f"The registry has no identifier type {type_}; it has {', '.join(sorted(types)) or 'none'}."
        )
    return records(store, owners.keys)


def by_phone(store: RegistryStore, number: str) -> list[Stored]:
    """Read the records with a phone number, in national or international form."""
    return records(store, owners_by_phone(store, number, Budget(UNLIMITED), entitled=True))


def records(store: RegistryStore, pks: Iterable[str]) -> list[Stored]:
    """Read the records with these keys, in this order; keys without a record are left out."""
    wanted = list(pks)
    found: dict[str, Stored] = {}
    for kind in Kind:
        ids = [pk.removeprefix(f"{kind}#") for pk in wanted if pk.startswith(f"{kind}#")]
        found |= {record_pk(stored): stored for stored in store.records(kind, ids, Budget(UNLIMITED)).values()}
    return [found[pk] for pk in wanted if pk in found]


def record_pk(stored: Stored) -> str:
    """Return the key of a record, `PERSON#<id>` or `GROUP#<id>`."""
    return keys.record_pk(stored.kind, stored.id)
