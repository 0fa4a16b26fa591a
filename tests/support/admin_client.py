"""An administrator of the API: the requests about one client, by the names of their events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.events import event

if TYPE_CHECKING:
    from support.api import Api, Reply


@dataclass
class Admin:
    """An administrator with a token, which is fetched again when the clock was moved."""

    api: Api
    scopes: tuple[str, ...] = ("clients.manage",)
    _token: tuple[float, str] = field(default=(0, ""), repr=False)

    def __post_init__(self) -> None:
        self.client, self.secret = self.api.client(scopes=self.scopes)

    @property
    def token(self) -> str:
        """A token that is good now."""
        now = self.api.clock()
        if self._token[0] != now:
            self._token = now, str(self.api.token(self.client, self.secret).json["access_token"])
        return self._token[1]

    def create(self, **changes: Any) -> Reply:
        """Create a client; its name is its own unless it is given."""
        name = f"Ministry {self.api.runtime.random_bytes(8).hex()}"
        body = {"name": name, "sender_id": "health.example.org", "scopes": ["registry.search"], **changes}
        return self.api.send(event("clients_create", body=body, token=self.token))

    def send(self, name: str, client_id: str, *, body: object = None, secret_id: str = "", **headers: str) -> Reply:
        """Send an event about a client."""
        sent = event(name, body=body, token=self.token, **headers)
        sent["pathParameters"] = {"client_id": client_id, **({"secret_id": secret_id} if secret_id else {})}
        return self.api.send(sent)

    def update(self, client_id: str, if_match: str, /, **changes: Any) -> Reply:
        """Change members of a client."""
        return self.send("client_update", client_id, body=changes, if_match=if_match)

    def log(self, client_id: str) -> list[dict[str, Any]]:
        """Return the entries of a client's log, the newest first."""
        found: list[dict[str, Any]] = self.send("client_log", client_id).json["entries"]
        return found

    def secrets(self, client_id: str) -> list[dict[str, Any]]:
        """Return a client's secrets as they are listed."""
        found: list[dict[str, Any]] = self.send("secrets_list", client_id).json["secrets"]
        return found
