"""The subjects of an audit, and whether they exist: "never recorded" is another answer than "no such person"."""

from __future__ import annotations

from collections.abc import Sequence

from dci_cli.audit.records import Subject
from dci_cli.aws import OperatorRuntime, aws_errors, check_table
from dci_cli.client_lookup import find_client_id
from dci_cli.command_error import CommandError
from dci_cli.registry.support.record_lookup import by_id, by_identifier, record_pk
from dci_common.registry.errors import RegistryNotLoaded
from dci_common.registry.model.base import Kind
from dci_common.registry.storage.keys import record_pk as key_of
from dci_common.registry.storage.store import RegistryStore, Stored
from dci_common.settings import Settings

_OF_RECORD = "contains(records, :value)"
_OF_CLIENT = "client_id = :value"


def record_subject(table: str, kind: Kind, names: Sequence[str]) -> Subject:
    """Return a person or group as a subject: by its id, or by an identifier of it (type and value).

    Without a RegistryTable it is not known whether an id is anyone's. Raises CommandError when an identifier has no
    owner, or cannot be looked up.
    """
    noun = kind.lower()
    if len(names) > 2 or not all(names):  # noqa: PLR2004 - a type and a value
        raise CommandError("Give an id, or TYPE VALUE: an identifier. A type or value with spaces is put in quotes.")
    if len(names) == 1:
        pk = key_of(kind, names[0].removeprefix(f"{kind}#"))
        record_id = pk.partition("#")[2]
        nothing = f"Nothing was recorded about the {noun} {record_id}"
        if not table:
            unchecked = f"Whether there is such a {noun} was not checked: give --registry-table or REGISTRY_TABLE."
            return Subject(_OF_RECORD, pk, nothing, unchecked, is_record=True)
        missing = f"There is no {noun} {record_id} in the registry now, and nothing was recorded about one"
        return Subject(_OF_RECORD, pk, nothing if _found(table, [pk]) else missing, is_record=True)
    check_table(table, "RegistryTable", "--registry-table or REGISTRY_TABLE, to look the identifier up")
    found = _found(table, names)
    what = " ".join(names)
    if len(found) != 1 or found[0].kind is not kind:
        owners = ", ".join(record_pk(stored) for stored in found)
        raise CommandError(
            f"{what} belongs to {owners}: name one of them, by --person ID or --group ID."
            if found
            else f"There is no {noun} with {what} in the registry now: name a deleted one by its id."
        )
    nothing = f"Nothing was recorded about the {noun} {found[0].id}"
    return Subject(_OF_RECORD, record_pk(found[0]), nothing, is_record=True)


def client_subject(table: str, id_or_name: str) -> Subject:
    """Return a client as a subject. Without a ClientsTable it is taken by its id, and not known whether there is one.

    Raises CommandError when there is and was no client with this id, and none has this name.
    """
    if not table:
        unchecked = "Whether there is such a client was not checked: give --clients-table or CLIENTS_TABLE."
        return Subject(_OF_CLIENT, id_or_name, f"Nothing was recorded of the client id {id_or_name}", unchecked)
    client_id = find_client_id(table, id_or_name)
    return Subject(_OF_CLIENT, client_id, f"Nothing was recorded of the client {id_or_name}")


def _found(table: str, names: Sequence[str]) -> list[Stored]:
    store = RegistryStore(OperatorRuntime(Settings(registry_table=table)))
    try:
        with aws_errors("RegistryTable"):
            return by_identifier(store, *names) if len(names) > 1 else by_id(store, names[0])
    except RegistryNotLoaded as error:
        raise CommandError(error.message) from error
