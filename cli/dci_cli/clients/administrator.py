"""The clients of a deployment, as the API administers them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from dci_cli.api import Api
from dci_cli.command_error import CommandError

_PAGE = 100


class Administrator:
    """Asks the API; what it refuses is raised as CommandError, in the API's own words."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, members: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Register a client, and return it with its secret."""
        return self._ask("POST", "/clients", members)

    def clients(self, status: str | None) -> list[Any]:
        """Return all clients, or those of one status."""
        return list(self._pages("/clients", "clients", {"status": status} if status else {}))

    def log(self, client_id: str) -> list[Any]:
        """Return a client's whole log, the newest first."""
        return list(self._pages(_path(client_id, "log"), "entries", {}))

    def secrets(self, client_id: str) -> list[Any]:
        """Return a client's secrets, without the secrets."""
        listed: list[Any] = self._ask("GET", _path(client_id, "secrets"))["secrets"]
        return listed

    def show(self, client_id: str) -> Any:  # noqa: ANN401 - JSON
        """Return a client."""
        return self._ask("GET", _path(client_id))

    def update(self, client_id: str, members: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Change members of a client, unless somebody else changes it meanwhile."""
        return self._ask("PATCH", _path(client_id), members, _of_version(self.show(client_id)))

    def act(self, client_id: str, act: str) -> Any:  # noqa: ANN401 - JSON
        """Disable or enable a client, or revoke its tokens, and return it."""
        return self._ask("POST", _path(client_id, act))

    def delete(self, client: Mapping[str, Any]) -> None:
        """Delete a client, unless it was changed since it was shown."""
        self._ask("DELETE", _path(client["client_id"]), None, _of_version(client))

    def add_secret(self, client_id: str, old_expires_in: int | None) -> Any:  # noqa: ANN401 - JSON
        """Add a secret, and return it."""
        ends = {} if old_expires_in is None else {"old_expires_in": old_expires_in}
        return self._ask("POST", _path(client_id, "secrets"), ends)

    def delete_secret(self, client_id: str, secret_id: str) -> None:
        """Delete a secret."""
        self._ask("DELETE", _path(client_id, "secrets", secret_id))

    def _pages(self, path: str, member: str, query: Mapping[str, str]) -> Iterator[Any]:
        following = ""
        while following is not None:
            asked = {"limit": str(_PAGE), **query, **({"next": following} if following else {})}
            page = self._ask("GET", f"{path}?{urlencode(asked)}")
            yield from page[member]
            following = page.get("next")

    def _ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
        authorization = {"Authorization": f"Bearer {self._api.token}"}
        reply = self._api.send(method, path, body, {**authorization, **(headers or {})})
        if reply.status < 300 and (isinstance(reply.json, dict) or not reply.content):  # noqa: PLR2004
            return reply.json
        try:
            raise CommandError(reply.json["errors"][0]["message"])
        except (TypeError, KeyError, IndexError) as error:
            raise CommandError(
                f"The API answered with status {reply.status}: is {self._api.base_url} one?"
            ) from error


def _of_version(client: Mapping[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{client["version"]}"'}


def _path(client_id: str, *below: str) -> str:
    return "/".join(["/clients", *(quote(part, safe="") for part in (client_id, *below))])
