"""Clients of a running server for the tests of the console, and people who ask its API without a browser."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from dci_cli.local.openid.people import APPLICATION
from support.api import identified
from support.events import body_of
from support.people_over_http import REDIRECT, Browser, fetch
from support.server_process import eventually

if TYPE_CHECKING:
    from support.api import Reply
    from support.server_process import ServerProcess

_ANYWHERE_HERE = {"urls": ["http://127.0.0.1"]}  # at every port


@dataclass
class Clients:
    """Makes clients with the approval that they need, and asks about them as a client manager."""

    server: ServerProcess
    _tokens: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: object = None, person: str = "bayani", **headers: str) -> Reply:
        """Send a request as a person."""
        if person not in self._tokens:
            self._tokens[person] = self._token(person)
        return self.server.send(method, path, body, Authorization=f"Bearer {self._tokens[person]}", **headers)

    def get(self, path: str) -> Any:
        """Return the JSON of an answer."""
        reply = self.send("GET", path)
        assert reply.status == 200, reply
        return reply.json

    def registered(self, **members: Any) -> str:
        """Register a client, approve it, and return its id."""
        needed = {"name": f"Ministry {uuid4()}", "sender_id": "ministry.example", "scopes": ["registry.search"]}
        reply = self.send("POST", "/clients", needed | members)
        assert reply.status == 202, reply
        self.approve(reply.json["approval_id"])
        return str(reply.json["client_id"])

    def approve(self, approval_id: str) -> None:
        """Approve a change, as somebody who did not ask for it."""
        path = f"/approvals/{approval_id}"
        tag = self.send("GET", path, person="carmen").headers["ETag"]
        reply = self.send("POST", f"{path}/approve", person="carmen", **{"If-Match": tag})
        assert reply.status == 200, reply

    def secret(self, client_id: str) -> str:
        """Add a secret to a client, and return it."""
        return str(self.send("POST", f"/clients/{client_id}/secrets").json["client_secret"])

    def granted(self, client_id: str, secret: str) -> Reply:
        """Ask for a token with a secret."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        return self.server.send("POST", "/oauth2/client/token", urlencode(form))

    def _token(self, person: str) -> str:
        issuer, verifier = f"{self.server.base_url}/openid", secrets.token_urlsafe(32)
        asked = {
            "response_type": "code",
            "client_id": APPLICATION,
            "redirect_uri": REDIRECT,
            "scope": "openid",
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        location = Browser(person).location(f"{issuer}/authorize?{urlencode(asked)}")
        [code] = parse_qs(urlsplit(location).query)["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        _, answer, _ = fetch(f"{issuer}/token", {**form, "client_id": APPLICATION, "code_verifier": verifier})
        return str(json.loads(answer)["access_token"])


@dataclass
class Partner:
    """The system behind a client that sends asynchronous messages."""

    clients: Clients
    client_id: str
    secret: str

    @classmethod
    def of(cls, clients: Clients, **members: Any) -> Partner:
        """Register the client of a partner, which is called back at this machine."""
        scopes = ["registry.search", "registry.subscribe", "registry.status"]
        client_id = clients.registered(
            scopes=scopes, flags={"asynchronous": True}, callbacks=_ANYWHERE_HERE, disclosure=["full"], **members
        )
        return cls(clients, client_id, clients.secret(client_id))

    def search(self, url: str) -> str:
        """Search a person, to be called back at a URL, and return the exchange."""
        message = body_of("exchange_search")
        message["message"]["search_request"] = [identified("UIN", "847951632")]
        return self._sent("/registry/search", message, url)

    def subscribe(self, url: str) -> str:
        """Subscribe to all changes, and return the exchange, which is the code of the subscription."""
        return self._sent("/registry/subscribe", body_of("subscribe"), url)

    def state(self, correlation_id: str) -> str:
        """Return the state of an exchange."""
        return str(self.clients.get(f"/exchanges/{correlation_id}")["state"])

    def comes_to(self, state: str, correlation_id: str) -> None:
        """Wait until an exchange has a state."""
        eventually(lambda: self.state(correlation_id) == state)

    def _sent(self, path: str, message: dict[str, Any], url: str) -> str:
        message["header"] |= {"message_id": str(uuid4()), "sender_uri": url, "sender_id": "ministry.example"}
        token = self.clients.granted(self.client_id, self.secret).json["access_token"]
        reply = self.clients.server.send("POST", path, message, Authorization=f"Bearer {token}")
        assert reply.json["message"]["ack_status"] == "ACK", reply
        return str(reply.json["message"]["correlation_id"])
