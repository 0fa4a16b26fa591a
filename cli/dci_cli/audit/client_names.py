"""The names of clients, by which an auditor knows them; audit records have their ids."""

from __future__ import annotations

from collections.abc import Sequence

from dci_cli.aws import OperatorRuntime
from dci_common.clients.names import client_names
from dci_common.clients.store import ClientStore
from dci_common.exchange.audit_records import Record
from dci_common.settings import Settings


def with_names(table: str, records: Sequence[Record]) -> list[Record]:
    """Return audit records with `client`, the name in ClientsTable; without a table nobody has a name."""
    if not table:
        return list(records)
    store = ClientStore(OperatorRuntime(Settings(clients_table=table)))
    names = client_names(store, (record["client_id"] for record in records if "client_id" in record))
    return [
        {**record, "client": name} if (name := names.get(record.get("client_id", ""))) else record
        for record in records
    ]
