"""People who administer a deployment of their own, whose lists have nothing of other tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from dci_cli.local.rotation import rotate
from dci_rotation import app as rotation_app
from support.approvals import Office
from support.operator_provider import AUDIENCE, OpenIdProvider
from support.stored_exchanges import exchange_table

if TYPE_CHECKING:
    from support.api import Api, Reply


@dataclass
class Own(Office):
    """An office with clients, exchanges and keys of its own; Dana audits."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.dana = self.person("dana", "auditor")

    def read(self, name: str, path: dict[str, str] | None = None, /, **query: object) -> Reply:
        """Return what Dana reads."""
        return self.dana.send(name, query=urlencode(query), **(path or {}))

    def pages(self, name: str, member: str, /, **query: object) -> list[list[dict[str, Any]]]:
        """Return all pages of a list."""
        found, following = list[list[dict[str, Any]]](), dict[str, object]()
        while True:
            reply = self.read(name, **query, **following)
            assert reply.status == 200, reply
            found.append(reply.json[member])
            if "next" not in reply.json:
                return found
            following = {"next": reply.json["next"]}

    def entries(self, name: str, member: str, /, **query: object) -> list[dict[str, Any]]:
        """Return all entries of a list."""
        return [entry for page in self.pages(name, member, **query) for entry in page]


@pytest.fixture
def new_own(provider: OpenIdProvider, own_api: Callable[..., Api]) -> Callable[..., Own]:
    """Return a maker of offices with tables of their own; keywords change the settings."""

    def make(**changes: Any) -> Own:
        people = {"operator_issuer": provider.issuer, "operator_audience": AUDIENCE}
        own = Own(own_api(exchange_table=exchange_table(), **people, **changes), provider)
        for secret_id in (own.api.runtime.settings.signing_keys_secret, own.api.runtime.settings.message_keys_secret):
            rotate(rotation_app.create_app(own.api.runtime), secret_id)
        return own

    return make


@pytest.fixture
def own(new_own: Callable[..., Own]) -> Own:
    """Return an office with tables of its own."""
    return new_own()
