"""The examples of /openapi.json, sent to the functions in their order, and what they are answered with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dci_cli.openapi.example import Example
from dci_cli.openapi.examples import EXAMPLES, example_name
from support.admin_client import Admin
from support.assertion_signer import Signer
from support.events import event, http_events

if TYPE_CHECKING:
    from support.api import Api, Reply
    from support.events import Event

_CALLED_BACK: dict[str, Any] = {
    "flags": {"asynchronous": True},
    "scopes": ("registry.search", "registry.subscribe", "registry.status"),
}
_ID = "3f2b7c1e-8a4d-4e6f-9b0a-5c1d2e3f4a5b"
_SAME_EACH_TIME = {
    **dict.fromkeys(("correlation_id", "client_id", "sub", "jti", "secret_id", "handover_id"), _ID),
    "access_token": "ACCESS_TOKEN",
    "next_cursor": "CURSOR",
    "client_secret": f"dcis_{'EXAMPLE':-<43}",
    "link": "https://registry.example.org/handover#LINK",
    "code": "0000-0000",
    "made_by": _ID,
}


@dataclass(frozen=True)
class Sent:
    """An example, and the answer that it got."""

    route: str
    example: Example
    reply: Reply
    names: Mapping[str, str] = field(repr=False)

    @property
    def name(self) -> str:
        """Its name among all of the document."""
        return example_name(self.route, self.example)

    @property
    def answer(self) -> Any:
        """The body of its answer, without the values that differ each time; None without a body."""
        return _settled(self.reply.json, self.names) if self.reply.text else None


class ExampleSender:
    """A partner and an administrator, who have what the words in capitals stand for."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._signer = Signer.of(api, disclosure=("full",), **_CALLED_BACK)
        self._admin = Admin(api, ("clients.manage", "clients.read"))
        self._names: dict[str, str] = {}

    def send_all(self) -> list[Sent]:
        """Send every example, each of them as it stands but for the words in capitals."""
        return [
            Sent(route, example, self.send(route, example.body), self._names)
            for route, examples in EXAMPLES.items()
            for example in examples
        ]

    def send(self, route: str, body: Any) -> Reply:
        """Send a request to a route, such as `POST /registry/sync/search`."""
        return self._api.send(self._event(route, self._filled(route, body)))

    def _event(self, route: str, body: Any) -> Event:
        method, path = route.split(" ")
        bank = [
            (name, sent)
            for name, sent in http_events().items()
            if sent["routeKey"].split(" ")[-1] == path and sent["requestContext"]["http"]["method"] == method
        ]
        form = [name for name, sent in bank if "urlencoded" in sent["headers"].get("content-type", "")]
        name = form[0] if form and path.startswith("/oauth2") else bank[-1][0]
        content = None if body is None else urlencode(body) if path.startswith("/oauth2") else json.dumps(body)
        made = event(name, body=content, token=self._token(path), **self._conditional(method))
        if "pathParameters" in made:
            made["pathParameters"]["client_id"] = self._owned()
        return made

    def _owned(self) -> str:
        """Return the id of a new client."""
        return str(self._admin.create(name=self._named("Ministry of Health")).json["client_id"])

    def _named(self, name: str) -> str:
        """Return a name that no client has, and remember which it stands for."""
        unique = f"{name} {self._api.runtime.random_bytes(8).hex()}"
        self._names[unique] = name
        return unique

    def _token(self, path: str) -> str | None:
        if path.startswith("/registry"):
            return self._partner_token
        return self._admin.token if path.startswith("/clients") else None

    @property
    def _partner_token(self) -> str:
        return str(self._api.token(self._signer.client, self._signer.secret).json["access_token"])

    def _conditional(self, method: str) -> dict[str, str]:
        return {"if_match": "*"} if method == "PATCH" else {}

    def _filled(self, route: str, body: Any) -> Any:
        """Return a body with values of this partner for the words in capitals."""
        if not isinstance(body, dict):
            return body
        if "token" in body:
            asker = self._admin if route.endswith("introspect") else self._signer
            credentials = {"client_id": asker.client.client_id, "client_secret": asker.secret}
            return {**body, "token": self._partner_token, **credentials}
        if "link" in body:
            made = self._admin.send("handovers_create", self._owned(), body={}).json
            return {"link": made["link"], "code": made["code"]}
        if "name" in body:
            return {**body, "name": self._named(body["name"])}
        values = {
            "CLIENT_ID": self._signer.client.client_id,
            "CLIENT_SECRET": self._signer.secret,
            "CLIENT_ASSERTION": self._signer.assertion() if "client_assertion" in body else "",
        }
        return {name: values.get(value, value) if isinstance(value, str) else value for name, value in body.items()}


def _settled(tree: Any, names: Mapping[str, str]) -> Any:
    match tree:
        case dict():
            return {name: _member(name, value, names) for name, value in tree.items()}
        case list():
            return [_settled(value, names) for value in tree]
        case str():
            return names.get(tree, tree)
    return tree


def _member(name: str, value: Any, names: Mapping[str, str]) -> Any:
    is_error = name == "code" and str(value).startswith(("err.", "rjct."))
    return _SAME_EACH_TIME[name] if name in _SAME_EACH_TIME and not is_error else _settled(value, names)
