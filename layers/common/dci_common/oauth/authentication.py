"""Is a client who it says it is: with its secret (RFC 6749 §2.3.1), or with a key of its own (RFC 7523).

A success costs one read of all that is known and one write, an assertion one write more. What is kept of it:
`USAGE#<client id>`, `USAGE` has for each secret id, and for `private_key_jwt`, an attribute of that name with the
moment of its last use, in epoch seconds.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import batch_get
from dci_common.clients.secrets import SLOTS, Secret, digest, secret_from_item, secret_item, secret_keys, usage_key
from dci_common.clients.store import Client, client_from_item, client_key, is_id
from dci_common.errors import InvalidClient
from dci_common.oauth.assertions import Assertion, read_assertion, spend
from dci_common.oauth.throttle import count_failure, failures_from, failures_key, forget_failures

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_NO_SECRET = secret_item("", Secret(slot="", secret_id="", created="", digest="0" * 64))  # that nobody could send
Items = Mapping[str, Any]  # what is known of a client, by sort key


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A client id and a secret, as they were sent."""

    client_id: str
    secret: str = field(repr=False)

    def proof(self, items: Items, now: float) -> str | None:
        """Return what proves the client: the id of the secret that this is. Every slot is compared."""
        sent, found = digest(self.secret), None
        for slot in SLOTS:
            stored = secret_from_item(items.get(slot, _NO_SECRET))
            if hmac.compare_digest(sent, stored.digest) and stored.is_live(now):
                found = stored.secret_id
        return found


@dataclass(frozen=True, slots=True)
class ClientAssertion:
    """A client assertion as it was sent, not read yet; `client_id` is empty where none was sent beside it."""

    client_id: str
    text: str = field(repr=False)


class Authenticator:
    """Authenticates clients, and remembers who succeeded and who failed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def authenticate(self, sent: ClientSecret | ClientAssertion, audiences: frozenset[str], source: str) -> Client:
        """Return the client that `sent` is the proof of, when it is enabled.

        `audiences` are this server's names in assertions, `source` is the address that the request came from. Raises
        InvalidClient, for an unknown client just as for a wrong secret and after the same steps, or TooManyRequests.
        """
        now = self._runtime.clock()
        claim = _read(sent, audiences, now) if isinstance(sent, ClientAssertion) else sent
        if not is_id(claim.client_id):
            raise InvalidClient
        failures = failures_key(claim.client_id, source)
        items = self._items(claim.client_id, failures)
        known = failures_from(failures, items.get(failures["sk"]["S"]), now)
        known.check_wait(now)
        proof = claim.proof(items, now)
        client = client_from_item(items["CLIENT"]) if proof and "CLIENT" in items else None
        if client is None or proof is None or client.status != "enabled":
            count_failure(self._runtime, known, now)
            raise InvalidClient
        if isinstance(claim, Assertion):
            spend(self._runtime, claim)
        self._note_use(client.client_id, proof, int(now))
        forget_failures(self._runtime, known)
        return client

    def _items(self, client_id: str, failures: Mapping[str, Any]) -> Items:
        keys = [client_key(client_id), *secret_keys(client_id), dict(failures)]
        found = batch_get(self._runtime.dynamodb, self._runtime.settings.clients_table, keys)
        return {item["sk"]["S"]: item for item in found}

    def _note_use(self, client_id: str, proof: str, now: int) -> None:
        self._runtime.dynamodb.update_item(
            TableName=self._runtime.settings.clients_table,
            Key=usage_key(client_id),
            UpdateExpression="SET #proof = :now",
            ExpressionAttributeNames={"#proof": proof},
            ExpressionAttributeValues={":now": {"N": str(now)}},
        )


def _read(sent: ClientAssertion, audiences: frozenset[str], now: float) -> Assertion:
    assertion = read_assertion(sent.text, audiences, now)
    if sent.client_id not in {"", assertion.client_id}:
        raise InvalidClient("The client_assertion is of another client than client_id says.")
    return assertion
