"""One stack, which the tests follow through its life: each fixture takes it a step further."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from support.api import SENDER, identified
from support.events import body_of

from .emulator import emulator
from .stack import Stack


@dataclass
class Deployment:
    """The stack and its clients. `token` is the partner's from before the last change of the stack."""

    stack: Stack
    admin: dict[str, str]
    partner: dict[str, str] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)
    token: str = ""

    def new_token(self) -> str:
        """Return a new token of the partner."""
        return self.stack.api(self.partner).token

    def search(self, token: str, path: str = "/registry/sync/search", **header: str) -> Any:
        """Search for the person, and return the response's status and JSON."""
        message = body_of("search")
        message["header"] |= {"sender_id": SENDER, "receiver_id": "registry", **header}
        known = self.person["identifiers"][0]
        wanted = identified(known["identifier_type"], known["identifier_value"])
        message["message"]["search_request"] = [wanted]
        reply = self.stack.api().send("POST", path, message, {"Authorization": f"Bearer {token}"})
        return reply.status, reply.json

    def signing_key(self) -> str:
        """Return the id of the key that signs tokens."""
        [current] = self.current_keys("tokens")
        return current

    def current_keys(self, signs: str) -> list[str]:
        """Return the ids of the keys that sign tokens, or messages."""
        keys = self.stack.api(self.admin).get("/keys").json["keys"]
        return [key["kid"] for key in keys if (key["signs"], key["state"]) == (signs, "current")]


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the emulator."""
    with emulator(tmp_path_factory.mktemp("emulator")) as url:
        yield url


@pytest.fixture(scope="session")
def created(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Create the stack, its keys, an administrator, a partner and a registry."""
    stack = Stack(endpoint, tmp_path_factory.mktemp("checkout"))
    stack.create()
    stack.rotate()
    outputs = stack.outputs
    made = Deployment(stack, json.loads(stack.dci("bootstrap", "--clients-table", outputs["ClientsTable"])))
    people = stack.folder / "people.jsonl"
    stack.dci("registry", "generate", "--households", "3", "--output", people)
    tables = ("--table", outputs["RegistryTable"], "--audit-table", outputs["AuditTable"])
    stack.dci("registry", "import", people, *tables)
    made.person = json.loads(people.read_text().splitlines()[0])["person"]
    partner = {
        "name": "Ministry",
        "sender_id": SENDER,
        "scopes": ["registry.search"],
        "disclosure": ["full"],
        "flags": {"asynchronous": True},
        "callbacks": {"urls": ["http://127.0.0.1"]},
    }
    made.partner = stack.api(made.admin).post("/clients", partner).json
    return made


@pytest.fixture(scope="session")
def updated(created: Deployment) -> Deployment:
    """Rotate the keys, and update the stack with other parameters and other code in the layer."""
    created.token = created.new_token()
    created.stack.rotate()
    created.stack.parameters |= {"ReceiverIds": "registry", "Issuer": "https://registry.example.org"}
    created.stack.change_code("dci_common/edge/application.py", "There is nothing at this path", "Nothing is here")
    created.stack.update()
    return created


@pytest.fixture(scope="session")
def recreated(updated: Deployment) -> Deployment:
    """Delete the stack, and create it again around its tables and its key rings."""
    updated.token = updated.new_token()
    kept = updated.stack.outputs
    updated.stack.delete()
    tables = ("ClientsTable", "RegistryTable", "ExchangeTable", "AuditTable")
    updated.stack.parameters |= {f"{table}Name": kept[table] for table in tables}
    for ring in ("SigningKeys", "MessageKeys"):
        updated.stack.parameters[f"{ring}Arn"] = updated.stack.arn_of_secret(kept[ring])
    updated.stack.create()
    return updated
