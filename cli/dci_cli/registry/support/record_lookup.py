"""The record that an operator names: by its id, or by its key where a person and a group have the same id."""

from __future__ import annotations

from dci_cli.command_error import CommandError
from dci_cli.registry.support.table_pages import UNLIMITED
from dci_common.registry.model.base import Kind
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore, Stored


def find(store: RegistryStore, name: str) -> Stored:
    """Read the record `name`: an id, `PERSON#<id>` or `GROUP#<id>`. Raises CommandError when there is not just one."""
    kind, mark, record_id = name.rpartition("#")
    kinds = [known for known in Kind if known == kind or not mark]
    found = [stored for known in kinds for stored in store.records(known, [record_id], Budget(UNLIMITED)).values()]
    if not found:
        raise CommandError(f"There is no person and no group {name} in the registry.")
    if len(found) > 1:
        keys_of = " or ".join(keys.record_pk(stored.kind, stored.id) for stored in found)
        raise CommandError(f"Both a person and a group have the id {name}: name one of them, {keys_of}.")
    return found[0]
