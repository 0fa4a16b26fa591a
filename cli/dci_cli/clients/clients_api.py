"""The clients of a deployment, administered through its API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from dci_cli.api import Api
from dci_cli.command_error import CommandError

_PAGE = 100


class ClientsApi:
    """The requests of `/clients`. What the API rejects is raised as CommandError, in the API's own words."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, members: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Register a client, and return it with its secret."""
        return self._send("POST", "/clients", members)

    def clients(self, status: str | None) -> list[Any]:
        """Return all clients, or those with a status."""
        return list(self._pages("/clients", "clients", {"status": status} if status else {}))

    def log(self, client_id: str) -> list[Any]:
        """Return all log entries of a client, the newest first."""
        return list(self._pages(_path(client_id, "log"), "entries", {}))

    def secrets(self, client_id: str) -> list[Any]:
        """Return a client's secrets, without their values."""
        listed: list[Any] = self._send("GET", _path(client_id, "secrets"))["secrets"]
        return listed

    def show(self, client_id: str) -> Any:  # noqa: ANN401 - JSON
        """Return a client."""
        return self._send("GET", _path(client_id))

    def update(self, client_id: str, members: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Change members of a client, unless another administrator changes it at the same time."""
        return self._send("PATCH", _path(client_id), members, _if_unchanged(self.show(client_id)))

    def post(self, client_id: str, action: str) -> Any:  # noqa: ANN401 - JSON
        """Disable or enable a client, or revoke its tokens, and return it."""
        return self._send("POST", _path(client_id, action))

    def delete(self, client: Mapping[str, Any]) -> None:
        """Delete a client, unless it was changed since it was shown."""
        self._send("DELETE", _path(client["client_id"]), None, _if_unchanged(client))

    def add_secret(self, client_id: str, old_expires_in: int | None) -> Any:  # noqa: ANN401 - JSON
        """Add a secret, and return it."""
        overlap = {} if old_expires_in is None else {"old_expires_in": old_expires_in}
        return self._send("POST", _path(client_id, "secrets"), overlap)

    def delete_secret(self, client_id: str, secret_id: str) -> None:
        """Delete a secret."""
        self._send("DELETE", _path(client_id, "secrets", secret_id))

    def _pages(self, path: str, member: str, query: Mapping[str, str]) -> Iterator[Any]:
        following = ""
        while following is not None:
            parameters = {"limit": str(_PAGE), **query, **({"next": following} if following else {})}
            page = self._send("GET", f"{path}?{urlencode(parameters)}")
            yield from page[member]
            following = page.get("next")

    def _send(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
        authorization = {"Authorization": f"Bearer {self._api.token}"}
        reply = self._api.send(method, path, body, {**authorization, **(headers or {})})
        is_expected = isinstance(reply.json, dict) or not reply.content
        if reply.status < HTTPStatus.MULTIPLE_CHOICES and is_expected:
            return reply.json
        raise CommandError(
            reply.error
            or f"{self._api.base_url} answered with status {reply.status}: check that it is the API's URL."
        )


def _if_unchanged(client: Mapping[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{client["version"]}"'}


def _path(client_id: str, *below: str) -> str:
    return "/".join(["/clients", *(quote(part, safe="") for part in (client_id, *below))])
