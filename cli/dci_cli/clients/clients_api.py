"""The clients of a deployment, administered through its API, and their exchanges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from dci_cli.api import Api, Reply
from dci_cli.command_error import CommandError

_PAGE = 100
CLIENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ClientView = Mapping[str, Any]


class ClientsApi:
    """The requests of `/clients`, `/exchanges` and `/subscriptions`. A rejection is raised as CommandError."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, members: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Register a client, and return it with its secret, or the approval for which it waits."""
        return self._send("POST", "/clients", members)

    def clients(self, status: str | None) -> list[Any]:
        """Return all clients, or those with a status."""
        return list(self._pages("/clients", "clients", {"status": status} if status else {}))

    def find(self, id_or_name: str) -> ClientView:
        """Return the client with this id, or else the one with this name. Raises CommandError if it is unknown."""
        if found := self._by_id(id_or_name) or self._by_name(id_or_name):
            return found
        raise CommandError(f"There is no client with the id or the name {id_or_name}: see `dci clients list`.")

    def log(self, id_or_name: str) -> Iterator[Any]:
        """Return the log entries of a client, the newest first, which may have been deleted. Raises CommandError."""
        found = self._by_id(id_or_name) or self._by_name(id_or_name)
        if found or CLIENT_ID.fullmatch(id_or_name):
            client_id = str(found["client_id"]) if found else id_or_name
        else:
            client_id = self._formerly_named(id_or_name)
        return self._pages(_path(client_id, "log"), "entries", {})

    def whole_log(self) -> Iterator[Any]:
        """Return the log entries of all clients, also of deleted ones, the newest first."""
        return self._pages("/clients/log", "entries", {})

    def secrets(self, client: ClientView) -> list[Any]:
        """Return a client's secrets, without their values."""
        listed: list[Any] = self._send("GET", _path(client["client_id"], "secrets"))["secrets"]
        return listed

    def exchanges(self, query: Mapping[str, str]) -> Iterator[Any]:
        """Return the exchanges that a query selects."""
        return self._pages("/exchanges", "exchanges", query)

    def exchange(self, correlation_id: str) -> Any:  # noqa: ANN401 - JSON
        """Return an exchange with its latest attempts. Raises CommandError for an unknown id."""
        if not correlation_id:  # whose path would be that of the list
            raise CommandError("The exchange's correlation id is empty: see `dci exchange list`.")
        return self._send("GET", f"/exchanges/{quote(correlation_id, safe='')}")

    def cancel_exchange(self, correlation_id: str) -> Any:  # noqa: ANN401 - JSON
        """End an open exchange, and return it."""
        return self._send("POST", f"/exchanges/{quote(correlation_id, safe='')}/cancel")

    def redrive(self, correlation_id: str) -> Any:  # noqa: ANN401 - JSON
        """Have an exchange that failed go on, and return it."""
        return self._send("POST", f"/exchanges/{quote(correlation_id, safe='')}/redrive")

    def redrive_dead(self, client_id: str) -> Iterator[Any]:
        """Have all dead exchanges of a client go on, and return which do and which cannot, page by page."""
        return self._whole_pages("POST", _path(client_id, "redrive"), {})

    def paused(self) -> list[Any]:
        """Return the clients whose callbacks are paused."""
        return list(self._pages("/exchanges/paused", "clients", {}))

    def resume(self, client_id: str) -> list[str]:
        """Have what is paused sent to a client again, and return what that is."""
        return list(self._send("POST", _path(client_id, "resume"))["resumed"])

    def subscriptions(self, query: Mapping[str, str]) -> Iterator[Any]:
        """Return the active subscriptions of a client, or those of all clients by condition."""
        return self._pages("/subscriptions", "subscriptions", query)

    def subscription_limits(self, query: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
        """Return how many subscriptions there are, and may be."""
        return self._send("GET", f"/subscriptions?{urlencode({**query, 'limit': '1'})}")["limits"]

    def failing_subscribers(self, query: Mapping[str, str]) -> Iterator[Any]:
        """Return the subscribers, or those of one client, to which nothing is delivered any more."""
        return self._pages("/subscriptions/failing", "subscribers", query)

    def subscription(self, code: str) -> Any:  # noqa: ANN401 - JSON
        """Return a subscription. Raises CommandError for an unknown code."""
        if not code:  # whose path would be that of the list
            raise CommandError("The subscription's code is empty: see `dci subscriptions list`.")
        return self._send("GET", f"/subscriptions/{quote(code, safe='')}")

    def cancel_subscription(self, code: str) -> Any:  # noqa: ANN401 - JSON
        """End a subscription, and return it."""
        return self._send("POST", f"/subscriptions/{quote(code, safe='')}/cancel")

    def id_of(self, id_or_name: str) -> str:
        """Return the id of a client, which may have been deleted if its id is given. Raises CommandError."""
        return id_or_name if CLIENT_ID.fullmatch(id_or_name) else str(self.find(id_or_name)["client_id"])

    def update(self, client: ClientView, members: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Change members of a client, unless it was changed since it was found, and return it or its approval."""
        return self._send("PATCH", _path(client["client_id"]), members, _if_unchanged(client))

    def post(self, client: ClientView, action: str) -> Any:  # noqa: ANN401 - JSON
        """Disable or enable a client, or revoke its tokens, and return it; or the approval for which this waits."""
        return self._send("POST", _path(client["client_id"], action))

    def delete(self, client: ClientView) -> None:
        """Delete a client, unless it was changed since it was found."""
        self._send("DELETE", _path(client["client_id"]), None, _if_unchanged(client))

    def add_secret(self, client: ClientView, old_expires_in: int | None) -> Any:  # noqa: ANN401 - JSON
        """Add a secret, and return it."""
        overlap = {} if old_expires_in is None else {"old_expires_in": old_expires_in}
        return self._send("POST", _path(client["client_id"], "secrets"), overlap)

    def delete_secret(self, client: ClientView, secret_id: str) -> None:
        """Delete a secret."""
        self._send("DELETE", _path(client["client_id"], "secrets", secret_id))

    def hand_over(self, client: ClientView, old_expires_in: int | None) -> Any:  # noqa: ANN401 - JSON
        """Make a link and a code for a secret, and return them."""
        overlap = {} if old_expires_in is None else {"old_expires_in": old_expires_in}
        return self._send("POST", _path(client["client_id"], "handovers"), overlap)

    def handovers(self, client: ClientView) -> list[Any]:
        """Return a client's open handovers, without their links and codes."""
        return list(self._pages(_path(client["client_id"], "handovers"), "handovers", {}))

    def withdraw_handover(self, client: ClientView, handover_id: str) -> None:
        """End a handover."""
        self._send("DELETE", _path(client["client_id"], "handovers", handover_id))

    def _by_id(self, text: str) -> ClientView | None:
        if not CLIENT_ID.fullmatch(text):
            return None
        reply = self._reply("GET", _path(text))
        found: ClientView | None = None if reply.status == HTTPStatus.NOT_FOUND else self._content(reply)
        return found

    def _by_name(self, name: str) -> ClientView | None:
        listed = self._send("GET", f"/clients?{urlencode({'name': name})}")["clients"]
        # An earlier version of the API lists all clients.
        return next((client for client in listed if _is_same(client["name"], name)), None)

    def _formerly_named(self, name: str) -> str:
        """Return the id of the client that had a name before it was deleted or renamed. Raises CommandError."""
        found = {
            entry["client_id"] for entry in self.whole_log() if any(_is_same(each, name) for each in _names(entry))
        }
        if not found:
            raise CommandError(f"No client has, or had, the id or the name {name}: see `dci clients log`.")
        if len(found) > 1:
            raise CommandError(
                f"Several clients had the name {name}: give the id of one, {', '.join(sorted(found))}."
            )
        return str(found.pop())

    def _pages(self, path: str, member: str, query: Mapping[str, str]) -> Iterator[Any]:
        for page in self._whole_pages("GET", path, query):
            yield from page[member]

    def _whole_pages(self, method: str, path: str, query: Mapping[str, str]) -> Iterator[Any]:
        following = ""
        while following is not None:
            parameters = {"limit": str(_PAGE), **query, **({"next": following} if following else {})}
            page = self._send(method, f"{path}?{urlencode(parameters)}")
            yield page
            following = page.get("next")

    def _send(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
        return self._content(self._reply(method, path, body, headers))

    def _reply(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Reply:
        authorization = {"Authorization": f"Bearer {self._api.token}"}
        return self._api.send(method, path, body, {**authorization, **(headers or {})})

    def _content(self, reply: Reply) -> Any:  # noqa: ANN401 - JSON
        is_expected = isinstance(reply.json, dict) or not reply.content
        if reply.status < HTTPStatus.MULTIPLE_CHOICES and is_expected:
            return reply.json
        raise CommandError(
            reply.error
            or f"{self._api.base_url} answered with status {reply.status}: check that it is the API's URL."
        )


def label(client: ClientView) -> str:
    """Return how a client is named in questions and messages."""
    return f"the client {client['name']} ({client['client_id']})"


def _names(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that a client had before and after a change."""
    renamed = entry["changes"].get("name", {})
    yield from (str(each) for each in (entry.get("name"), renamed.get("before"), renamed.get("after")) if each)


def _is_same(name: str, other: str) -> bool:
    from dci_common.clients.model import name_key  # noqa: PLC0415 - pydantic, which other commands do not load

    return name_key(name) == name_key(other)


def _if_unchanged(client: ClientView) -> dict[str, str]:
    return {"If-Match": f'"{client["version"]}"'}


def _path(client_id: str, *below: str) -> str:
    return "/".join(["/clients", *(quote(part, safe="") for part in (client_id, *below))])
