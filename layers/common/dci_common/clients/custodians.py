"""Those who may act as a client: they registered it, or gave it a secret or a key, as its log says.

A client that did so may itself be in somebody's hands, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dci_common.clients.log import OPERATOR
from dci_common.clients.model import Client, is_client_id
from dci_common.clients.store import MAX_PAGE, ClientStore
from dci_common.errors import Conflict

if TYPE_CHECKING:
    from dci_common.clients.store import Position

_MAX_CLIENTS = 50  # whose versions fit into one transaction
# Acts that show or bring in no credential; a change does if it is one of keys. Any other act counts.
_HARMLESS = {
    *("disabled", "enabled", "tokens_revoked", "secret_deleted", "subscription_cancelled", "deleted"),
    *("exchange_redriven", "exchange_cancelled", "callbacks_resumed"),
    *("proposed", "rejected", "withdrawn"),
}
_KEYS = {"jwks", "jwks_uri"}


class Custodians(NamedTuple):
    """The ids of all who may act as a client, and those of them that are clients, as they were read before."""

    ids: frozenset[str]
    clients: dict[str, Client]


def custodians(store: ClientStore, client_id: str) -> Custodians:
    """Return who may act as a client. Raises Conflict where too many clients may, one through another."""
    ids, clients, unread = {client_id}, dict[str, Client](), {client_id}
    while unread:
        clients |= store.many(unread)  # before their logs, so that a later entry is one of a later version
        found = {by for one in unread for by in _givers(store, one)}
        unread = {by for by in found - ids if is_client_id(by) and by != OPERATOR}
        ids |= found
        if sum(map(is_client_id, ids)) > _MAX_CLIENTS:
            raise Conflict("Too many clients have a part in the one that asked: ask for it as a person.")
    return Custodians(frozenset(ids), clients)


def _givers(store: ClientStore, client_id: str) -> Iterator[str]:
    following: Position | None = {}
    while following is not None:
        entries, following = store.log_page(client_id, MAX_PAGE, following)
        yield from (entry["by"] for entry in entries if _gives_credential(entry))


def _gives_credential(entry: Mapping[str, Any]) -> bool:
    if entry["act"] == "updated":
        return not _KEYS.isdisjoint(entry["changes"])
    return entry["act"] not in _HARMLESS
