"""The names of clients, by which people know them; audit records have their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dci_common.clients.store import ClientStore


def client_names(store: ClientStore, client_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of clients by their ids, also of deleted ones; ids that no client has or had are left out."""
    wanted = dict.fromkeys(client_ids)
    names = {client_id: client.name for client_id, client in store.many(wanted).items()}
    return names | {
        client_id: f"{name} (deleted)"
        for client_id in wanted
        if client_id not in names and (name := last_name(store, client_id))
    }


def named(names: Mapping[str, str], client_id: str) -> dict[str, str]:
    """Return the member `client`, a client's name; nothing where it is not known."""
    return {"client": names[client_id]} if client_id in names else {}


def last_name(store: ClientStore, client_id: str) -> str:
    """Return the name that a deleted client had; empty if there was no such client."""
    entries, _ = store.log_page(client_id, 1, None)  # the last of a deleted client has its members
    return str(entries[0].get("changes", {}).get("name", {}).get("before") or "") if entries else ""
