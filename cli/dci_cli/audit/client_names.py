"""The names of clients, by which an auditor knows them; audit records have their ids."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from dci_cli.aws import OperatorRuntime
from dci_common.clients.store import ClientStore
from dci_common.settings import Settings


class ClientNames:
    """Looks names up in ClientsTable, each once; without a table nobody has a name."""

    def __init__(self, table: str) -> None:
        self._store = ClientStore(OperatorRuntime(Settings(clients_table=table))) if table else None
        self._name = cache(self._look_up)

    def fields(self, record: Mapping[str, Any]) -> dict[str, str]:
        """Return `client`, the name of the client of an audit record, if it is known."""
        name = self._name(record["client_id"]) if "client_id" in record else ""
        return {"client": name} if name else {}

    def _look_up(self, client_id: str) -> str:
        if self._store is None:
            return ""
        if client := self._store.find(client_id, consistent=False):
            return client.name
        entries, _ = self._store.log_page(client_id, 1, None)  # the last of a deleted client has its members
        name = entries[0].get("changes", {}).get("name", {}).get("before") if entries else None
        return f"{name} (deleted)" if name else ""
