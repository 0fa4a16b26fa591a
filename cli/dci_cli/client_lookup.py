"""The clients that options name, looked up in ClientsTable with an operator's AWS credentials."""

from __future__ import annotations

from dci_cli.aws import OperatorRuntime, aws_errors
from dci_cli.command_error import CommandError
from dci_common.clients.model import is_client_id
from dci_common.clients.store import ClientStore
from dci_common.settings import Settings


def find_client_id(table: str, text: str) -> str:
    """Return the id of the client that has, or had, this id, or else has this name. Raises CommandError."""
    store = ClientStore(OperatorRuntime(Settings(clients_table=table)))
    with aws_errors("ClientsTable"):
        if is_client_id(text) and (store.find(text, consistent=True) or store.log_page(text, 1, None)[0]):
            return text
        if client := store.named(text):
            return client.client_id
    raise CommandError(
        f"No client has, or had, the id {text}, and none is named so now: name a deleted or renamed one by its id,"
        " which `dci clients log` shows."
    )
