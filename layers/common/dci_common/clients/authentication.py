"""Client authentication: by secret (RFC 6749 §2.3.1) or by an assertion signed with the client's key (RFC 7523).

A success costs one read of everything needed and one write, with an assertion one write more. The write records the
use: the item `USAGE#<client id>`, `USAGE` has an attribute for each secret id, and for `private_key_jwt`, with the
epoch second of its last use.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import batch_get
from dci_common.clients.items import (
    client_from_item,
    client_key,
    secret_from_item,
    secret_item,
    secret_keys,
    usage_key,
)
from dci_common.clients.model import Client, is_client_id
from dci_common.clients.secrets import SLOTS, Secret, digest
from dci_common.errors import InvalidClient
from dci_common.oauth.assertions import METHOD, Assertion, consume, read_assertion
from dci_common.oauth.throttle import count_failure, failures_from, failures_key, forget_failures

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_NO_SECRET = secret_item("", Secret(slot="", secret_id="", created="", digest="0" * 64))  # the digest of no input
Items = Mapping[str, Any]  # what is stored of a client, by sort key


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A client id and a secret, as they were sent."""

    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientAssertion:
    """A client assertion as it was sent, not read yet; `client_id` is empty where none was sent beside it."""

    client_id: str
    text: str = field(repr=False)


class Authenticator:
    """Authenticates clients, and records successes and failures."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def authenticate(self, sent: ClientSecret | ClientAssertion, audiences: frozenset[str], source: str) -> Client:
        """Return the enabled client that the credential belongs to.

        `audiences` are this server's names in assertions; `source` is the address that the request came from. Raises
        InvalidClient, for an unknown client just as for a wrong secret and after the same steps, or LimitExceeded.
        """
        now = self._runtime.clock()
        credential = _read(sent, audiences, now) if isinstance(sent, ClientAssertion) else sent
        if not is_client_id(credential.client_id):
            raise InvalidClient
        failures_at = failures_key(credential.client_id, source)
        items = self._items(credential.client_id, failures_at)
        failures = failures_from(failures_at, items.get(failures_at["sk"]["S"]), now)
        failures.check_wait(now)
        used = _credential_used(credential, items, now)
        client = client_from_item(items["CLIENT"]) if used and "CLIENT" in items else None
        if client is None or used is None or client.status != "enabled":
            count_failure(self._runtime, failures, now)
            raise InvalidClient
        if isinstance(credential, Assertion):
            consume(self._runtime, credential)
        self._record_use(client.client_id, used, int(now))
        forget_failures(self._runtime, failures)
        return client

    def _items(self, client_id: str, failures_at: Mapping[str, Any]) -> Items:
        keys = [client_key(client_id), *secret_keys(client_id), dict(failures_at)]
        found = batch_get(self._runtime, self._runtime.settings.clients_table, keys)
        return {item["sk"]["S"]: item for item in found}

    def _record_use(self, client_id: str, used: str, now: int) -> None:
        self._runtime.dynamodb.update_item(
            TableName=self._runtime.settings.clients_table,
            Key=usage_key(client_id),
            UpdateExpression="SET #used = :now",
            ExpressionAttributeNames={"#used": used},
            ExpressionAttributeValues={":now": {"N": str(now)}},
        )


def _read(sent: ClientAssertion, audiences: frozenset[str], now: float) -> Assertion:
    assertion = read_assertion(sent.text, audiences, now)
    if sent.client_id not in {"", assertion.client_id}:
        raise InvalidClient("The client_assertion belongs to another client than client_id names.")
    return assertion


def _credential_used(credential: ClientSecret | Assertion, items: Items, now: float) -> str | None:
    """Return the name under which the use of a valid credential is recorded; None when it is not valid."""
    if isinstance(credential, Assertion):
        registered = items.get("CLIENT", {}).get("jwks", {"S": '{"keys":[]}'})["S"]
        return METHOD if credential.is_signed_by(json.loads(registered)["keys"]) else None
    return _matching_secret_id(credential, items, now)


def _matching_secret_id(credential: ClientSecret, items: Items, now: float) -> str | None:
    """Return the id of the live secret that was sent; both slots are always compared."""
    sent, found = digest(credential.secret), None
    for slot in SLOTS:
        stored = secret_from_item(items.get(slot, _NO_SECRET))
        if hmac.compare_digest(sent, stored.digest) and stored.is_live(now):
            found = stored.secret_id
    return found
