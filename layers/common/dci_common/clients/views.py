"""Clients and secrets as the API and the command line show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from dci_common.clients.model import (
    CallbackAuth,
    Callbacks,
    Client,
    Dialect,
    NotifyRecords,
    NotifySpelling,
    Signatures,
    Status,
)
from dci_common.clients.secrets import Secret
from dci_common.timestamps import timestamp


class View(BaseModel):
    """A JSON object without null members."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> dict[str, Any]:
        """Return the object as it goes on the wire."""
        return self.model_dump(mode="json", exclude_none=True)


class Flags(BaseModel):
    """How a client differs from the standard; see Client."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    openspp17: bool = False
    signature: Signatures = "optional"
    dialect: Dialect = "openspp2"
    restricted: bool = False
    asynchronous: bool = False


class CallbacksView(View):
    """Where a client's results are sent, and with which credential.

    `urls` are origins with path prefixes, below which a message may name an address; `default_url` is for messages
    that name none, `""` for nowhere. `secret_version` is the version of the stored credential, and `max_bytes` the
    size of the largest body. Notifications go to `notify_url`, or to the address of their subscription where that is
    `""`.
    """

    urls: tuple[str, ...]
    default_url: str
    auth: CallbackAuth
    token_url: str
    client_id: str
    scope: str
    max_bytes: int
    secret_version: str
    notify_url: str
    notify_spelling: NotifySpelling
    notify_records: NotifyRecords | None = None


class ClientView(View):
    """A client. Tokens issued before `tokens_not_before` are not valid."""

    client_id: str
    name: str
    sender_id: str
    scopes: tuple[str, ...]
    token_lifetime: int
    disclosure: tuple[str, ...]
    record_types: tuple[str, ...]
    requests_a_minute: int | None = None
    records_a_day: int | None = None
    open_exchanges: int | None = None
    notifications_a_minute: int | None = None
    callbacks: CallbacksView | None = None
    flags: Flags
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    tokens_not_before: str | None = None
    status: Status
    created: str
    updated: str
    version: int


class ListedClient(ClientView):
    """A client in a list. `last_used` is when it last used any of its credentials, if it ever did."""

    last_used: str | None = None


class DeletedClient(View):
    """A client that was deleted, with the name that it had last, and who deleted it (see LogEntry)."""

    client_id: str
    name: str | None = None
    deleted: str
    by: str
    by_name: str | None = None


class SecretView(View):
    """A client's secret, without the secret."""

    secret_id: str
    created: str
    expires: str | None = None
    last_used: str | None = None


def client_view(client: Client) -> dict[str, Any]:
    """Return a client as JSON."""
    return ClientView(**_members(client)).to_json()


def listed_client(client: Client, last_used: int | None) -> dict[str, Any]:
    """Return a client in a list as JSON; `last_used` is in epoch seconds."""
    used = timestamp(last_used) if last_used else None
    return ListedClient(**_members(client), last_used=used).to_json()


def deleted_client(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a deleted client as JSON, by the log entry of its deletion."""
    return DeletedClient(
        client_id=entry["client_id"],
        name=entry.get("name"),
        deleted=entry["at"],
        by=entry["by"],
        by_name=entry.get("by_name"),
    ).to_json()


def _members(client: Client) -> dict[str, Any]:
    members = client._asdict()
    apart = {"callbacks", "flags", "jwks", "jwks_uri", "tokens_not_before"}
    has_callbacks = client.callbacks != Callbacks()
    return {
        **{name: members[name] for name in ClientView.model_fields if name not in apart},
        "callbacks": CallbacksView(**client.callbacks._asdict()) if has_callbacks else None,
        "flags": Flags(**{name: members[name] for name in Flags.model_fields}),
        "jwks": json.loads(client.jwks) if client.jwks else None,
        "jwks_uri": client.jwks_uri or None,
        "tokens_not_before": timestamp(client.tokens_not_before) if client.tokens_not_before else None,
    }


def secret_view(secret: Secret, last_used: int | None = None) -> dict[str, Any]:
    """Return a secret as JSON; `last_used` is in epoch seconds."""
    expires, used = (timestamp(at) if at is not None else None for at in (secret.expires, last_used))
    view = SecretView(secret_id=secret.secret_id, created=secret.created, expires=expires, last_used=used)
    return view.to_json()
