"""The record that an operator names: by its id, or by its key where a person and a group have the same id."""

from __future__ import annotations

from dci_cli.problem import Problem
from dci_cli.registry.scan import UNLIMITED
from dci_common.registry import keys
from dci_common.registry.budget import Budget
from dci_common.registry.records import Kind
from dci_common.registry.store import RegistryStore, Stored


def find(store: RegistryStore, name: str) -> Stored:
    """Read the record `name`: an id, `PERSON#<id>` or `GROUP#<id>`. Raises Problem when there is not just one."""
    kind, mark, record_id = name.rpartition("#")
    kinds = [known for known in Kind if known == kind or not mark]
    found = [stored for known in kinds for stored in store.records(known, [record_id], Budget(UNLIMITED)).values()]
    if not found:
        raise Problem(f"There is no person and no group {name} in the registry.")
    if len(found) > 1:
        keys_of = " or ".join(keys.record_pk(stored.kind, stored.id) for stored in found)
        raise Problem(f"Both a person and a group have the id {name}: name one of them, {keys_of}.")
    return found[0]
