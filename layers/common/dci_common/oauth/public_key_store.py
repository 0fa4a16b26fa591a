"""The published public keys of a deployment: the items `KEYS` of ClientsTable, one for each use of keys.

Their sort keys are `KEYS` for the keys that sign tokens, and `MESSAGE_KEYS` for those that sign messages. A key of
one use is never found as one of the other.

| attribute | holds |
|---|---|
| `keys` | JSON: a list of `{"jwk", "state", "since"}` |
| `revision` | the number of writes; each write is conditional on the revision that was read |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import jwt

from dci_common.cache import AgingCache
from dci_common.settings import MAX_TOKEN_LIFETIME

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

Jwk = dict[str, Any]
State = Literal["pending", "next", "current", "retired"]

RING_SECONDS = 300  # for which functions cache a ring, and so may sign with a key that was just retired
PUBLISHED_SECONDS = 60  # for which functions cache the published keys: forged tokens cost no reads
_CLOCK_SKEW_SECONDS = 60
_MESSAGE_SECONDS = 86_400  # a receiver may verify a message that late


class KeyUse(Enum):
    """What keys sign; the value is the sort key of the item that publishes them."""

    TOKENS = "KEYS"
    MESSAGES = "MESSAGE_KEYS"

    @property
    def kept_seconds(self) -> int:
        """For how long a retired key is published: until what it signed last is no longer verified."""
        verified = MAX_TOKEN_LIFETIME if self is KeyUse.TOKENS else _MESSAGE_SECONDS
        return verified + RING_SECONDS + _CLOCK_SKEW_SECONDS


class PublicKey(NamedTuple):
    """A public key, and its state since when (epoch seconds); `pending` belongs to an unfinished rotation."""

    jwk: Jwk
    state: State
    since: int

    @property
    def kid(self) -> str:
        """The key's id."""
        return str(self.jwk["kid"])


class PublicKeySet(NamedTuple):
    """The published keys of one use; revision 0 means that none were published yet."""

    use: KeyUse
    keys: tuple[PublicKey, ...] = ()
    revision: int = 0

    def with_states(self, states: Sequence[tuple[Jwk, State]], now: int) -> PublicKeySet:
        """Return the next revision with these keys; a key whose state is unchanged keeps its `since`."""
        since = {(key.kid, key.state): key.since for key in self.keys}
        keys = tuple(PublicKey(jwk, state, since.get((jwk["kid"], state), now)) for jwk, state in states)
        return PublicKeySet(self.use, keys, self.revision + 1)

    def until(self, key: PublicKey) -> int | None:
        """Return when a retired key expires, because nothing that it signed is verified any more."""
        return key.since + self.use.kept_seconds if key.state == "retired" else None

    def is_expired(self, key: PublicKey, now: float) -> bool:
        """Return whether nothing that the key signed is verified any more."""
        until = self.until(key)
        return until is not None and now >= until

    def valid(self, now: float) -> list[PublicKey]:
        """Return the keys that have not expired."""
        return [key for key in self.keys if not self.is_expired(key, now)]


def read_public_keys(runtime: Runtime, use: KeyUse, *, consistent: bool = False) -> PublicKeySet:
    """Return the published keys of a use."""
    item = runtime.dynamodb.get_item(
        TableName=runtime.settings.clients_table, Key=_item_key(use), ConsistentRead=consistent
    ).get("Item")
    if item is None:
        return PublicKeySet(use)
    keys = tuple(PublicKey(**key) for key in json.loads(item["keys"]["S"]))
    return PublicKeySet(use, keys, int(item["revision"]["N"]))


def write_public_keys(runtime: Runtime, published: PublicKeySet) -> None:
    """Replace the published keys of a use, if the revision before is still in place.

    Raises botocore's ConditionalCheckFailedException when another write came first.
    """
    content = {
        "keys": {"S": json.dumps([key._asdict() for key in published.keys])},
        "revision": {"N": str(published.revision)},
    }
    runtime.dynamodb.put_item(
        TableName=runtime.settings.clients_table,
        Item={**_item_key(published.use), **content},
        ConditionExpression="attribute_not_exists(pk) OR revision = :before",
        ExpressionAttributeValues={":before": {"N": str(published.revision - 1)}},
    )


def _item_key(use: KeyUse) -> dict[str, Any]:
    return {"pk": {"S": "KEYS"}, "sk": {"S": use.value}}


class PublicKeys:
    """The published keys of one use, for those that verify or sign with them."""

    def __init__(self, runtime: Runtime, use: KeyUse) -> None:
        self._runtime = runtime
        self._use = use
        self._cache: AgingCache[str, dict[str, jwt.PyJWK]] = AgingCache(PUBLISHED_SECONDS, runtime.clock)

    def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key with this id, or None."""
        return self._cache.get("keys", self._load).get(kid)

    def forget(self) -> None:
        """Read the keys again at their next use."""
        self._cache.forget("keys")

    def _load(self) -> dict[str, jwt.PyJWK]:
        valid = read_public_keys(self._runtime, self._use).valid(self._runtime.clock())
        return {key.kid: jwt.PyJWK(key.jwk, key.jwk["alg"]) for key in valid}
