"""A secret that is handed over: the manager who makes the link and the code, and the officer who uses them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from support.events import event

if TYPE_CHECKING:
    from support.admin_client import Admin
    from support.api import Api, Reply

WRONG = "0000-0000"


@dataclass
class Officer:
    """A visitor with a link and a code, at an address of their own: wrong codes are counted by address too."""

    api: Api
    link: str = field(repr=False)
    code: str = field(repr=False)

    def __post_init__(self) -> None:
        self.source = ".".join(map(str, (10, *self.api.runtime.random_bytes(3))))

    def send(self, code: str = "", *, source: str = "", **headers: str) -> Reply:
        """Send the link and a code as JSON."""
        body = {"link": self.link, "code": code or self.code}
        return self._send(event("handover_json", body=body, **headers), source)

    def submit(self, code: str = "", **headers: str) -> Reply:
        """Send the form of the page."""
        form = urlencode({"link": self.link.rpartition("#")[2], "code": code or self.code})
        return self._send(event("handover_form", body=form, **headers), "")

    def _send(self, sent: Any, source: str) -> Reply:
        sent["requestContext"]["http"]["sourceIp"] = source or self.source
        return self.api.send(sent)


def make(admin: Admin, client_id: str, old_expires_in: int | None = None) -> Reply:
    """Make a handover."""
    body = {} if old_expires_in is None else {"old_expires_in": old_expires_in}
    return admin.send("handovers_create", client_id, body=body)


def officer_of(reply: Reply, api: Api) -> Officer:
    """Return the officer who has been given what a reply says."""
    assert reply.status == 201, reply
    return Officer(api, reply.json["link"], reply.json["code"])


def handed_over(admin: Admin, client_id: str, old_expires_in: int | None = None) -> Officer:
    """Make a handover, and return the officer who has its link and its code."""
    return officer_of(make(admin, client_id, old_expires_in), admin.api)


def listed(admin: Admin, client_id: str) -> list[dict[str, Any]]:
    """Return the open handovers of a client."""
    found: list[dict[str, Any]] = admin.send("handovers_list", client_id).json["handovers"]
    return found


def withdraw(admin: Admin, client_id: str, handover_id: str) -> int:
    """Withdraw a handover, and return the status."""
    sent = event("handover_withdraw", token=admin.token)
    sent["pathParameters"] = {"client_id": client_id, "handover_id": handover_id}
    return admin.api.send(sent).status
