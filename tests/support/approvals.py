"""Changes that wait for a second person: who asks, and who decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from support.api import Api
from support.events import event
from support.lists import whole_list
from support.operator_provider import AUDIENCE, OpenIdProvider

if TYPE_CHECKING:
    from support.api import Reply


@dataclass
class Person:
    """A person with roles, and an API to which they send requests."""

    api: Api
    provider: OpenIdProvider
    subject: str
    roles: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id in the log."""
        return f"{self.provider.issuer}#{self.subject}"

    @property
    def token(self) -> str:
        """A token that is good now."""
        now = int(self.api.clock())
        return self.provider.token(*self.roles, sub=self.subject, name=self.subject.title(), iat=now, exp=now + 3600)

    def send(self, name: str, *, body: object = None, query: str = "", headers: Any = None, **path: str) -> Reply:
        """Send an event of the bank about what the path names."""
        sent = event(name, body=body, token=self.token, **(headers or {}))
        return self.api.send(sent | {"pathParameters": path, "rawQueryString": query})

    def create(self, **changes: Any) -> Reply:
        """Ask for a new client."""
        return self.send("clients_create", body=new_client(self.api, **changes))

    def update(self, client_id: str, **changes: Any) -> Reply:
        """Ask for a change of a client, whatever its version."""
        return self.send("client_update", body=changes, headers={"if_match": "*"}, client_id=client_id)

    def approve(self, approval_id: str, etag: str | None = None) -> Reply:
        """Approve what is shown now, or else what was shown with an ETag."""
        shown = etag or self.send("approval_get", approval_id=approval_id).headers["ETag"]
        return self.send("approval_approve", headers={"if_match": shown}, approval_id=approval_id)

    def reject(self, approval_id: str) -> Reply:
        """Reject a change."""
        return self.send("approval_reject", approval_id=approval_id)

    def withdraw(self, approval_id: str) -> Reply:
        """Withdraw a change."""
        return self.send("approval_withdraw", approval_id=approval_id)

    def listed(self, status: str = "") -> list[dict[str, Any]]:
        """Return all approvals, or those of a status."""
        sought = {"status": status} if status else {}
        return whole_list(lambda query: self.send("approvals_list", query=query), "approvals", **sought)

    def log(self, client_id: str) -> list[dict[str, Any]]:
        """Return the log of a client, the newest entry first."""
        found: list[dict[str, Any]] = self.send("client_log", client_id=client_id).json["entries"]
        return found


@dataclass
class Office:
    """An API where changes wait: Amina manages clients, Bo approves, Chi may do both."""

    api: Api
    provider: OpenIdProvider
    amina: Person = field(init=False)
    bo: Person = field(init=False)
    chi: Person = field(init=False)

    def __post_init__(self) -> None:
        self.amina = self.person("amina", "client-manager")
        self.bo = self.person("bo", "approver")
        self.chi = self.person("chi", "client-manager", "approver")

    def person(self, subject: str, *roles: str) -> Person:
        """Return a person."""
        return Person(self.api, self.provider, subject, roles)

    def registered(self, **changes: Any) -> str:
        """Return the id of a client that is there already."""
        return self.api.client(**{"disclosure": ("minimal",), **changes})[0].client_id

    def waiting(self, client_id: str = "", **changes: Any) -> str:
        """Return the id of a change of a client that Amina asked for: more disclosure, unless `changes` say else."""
        reply = self.amina.update(client_id or self.registered(), **(changes or {"disclosure": ["full"]}))
        assert reply.status == 202, reply
        return str(reply.json["approval_id"])


def new_client(api: Api, **changes: Any) -> dict[str, Any]:
    """Return the members of a new client, with a name of its own."""
    name = f"Ministry {api.runtime.random_bytes(8).hex()}"
    return {"name": name, "sender_id": "health.example.org", "scopes": ["registry.search"], **changes}


@pytest.fixture
def new_office(provider: OpenIdProvider, new_api: Callable[..., Api]) -> Callable[..., Office]:
    """Return a maker of offices with a mode of approvals."""

    def make(mode: str = "widening") -> Office:
        issuer = {"operator_issuer": provider.issuer, "operator_audience": AUDIENCE}
        return Office(new_api(**issuer, approvals=mode), provider)

    return make


@pytest.fixture
def office(new_office: Callable[..., Office]) -> Office:
    """Return an office where what widens waits."""
    return new_office()
