"""The published public keys of a deployment: the item `KEYS`, `KEYS` of ClientsTable.

| attribute | holds |
|---|---|
| `keys` | JSON: a list of `{"jwk", "state", "since"}` |
| `revision` | the number of writes; each write is conditional on the revision that was read |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import jwt

from dci_common.cache import AgingCache
from dci_common.settings import MAX_TOKEN_LIFETIME

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

Jwk = dict[str, Any]
State = Literal["pending", "next", "current", "retired"]

RING_SECONDS = 300  # for which the token function caches the ring, and so may sign with a key that was just retired
_CLOCK_SKEW_SECONDS = 60
_CACHED_SECONDS = 60
KEPT_SECONDS = MAX_TOKEN_LIFETIME + RING_SECONDS + _CLOCK_SKEW_SECONDS
_KEY = {"pk": {"S": "KEYS"}, "sk": {"S": "KEYS"}}


class PublicKey(NamedTuple):
    """A public key, and its state since when (epoch seconds); `pending` belongs to an unfinished rotation."""

    jwk: Jwk
    state: State
    since: int

    @property
    def kid(self) -> str:
        """The key's id."""
        return str(self.jwk["kid"])

    def is_expired(self, now: float) -> bool:
        """Return whether every token that the key signed has expired."""
        return self.state == "retired" and now >= self.since + KEPT_SECONDS


class PublicKeySet(NamedTuple):
    """The published keys; revision 0 means that none were published yet."""

    keys: tuple[PublicKey, ...] = ()
    revision: int = 0

    def with_states(self, states: Sequence[tuple[Jwk, State]], now: int) -> PublicKeySet:
        """Return the next revision with these keys; a key whose state is unchanged keeps its `since`."""
        since = {(key.kid, key.state): key.since for key in self.keys}
        keys = tuple(PublicKey(jwk, state, since.get((jwk["kid"], state), now)) for jwk, state in states)
        return PublicKeySet(keys, self.revision + 1)


def read_public_keys(runtime: Runtime, *, consistent: bool = False) -> PublicKeySet:
    """Return the published keys."""
    item = runtime.dynamodb.get_item(
        TableName=runtime.settings.clients_table, Key=_KEY, ConsistentRead=consistent
    ).get("Item")
    if item is None:
        return PublicKeySet()
    return PublicKeySet(tuple(PublicKey(**key) for key in json.loads(item["keys"]["S"])), int(item["revision"]["N"]))


def write_public_keys(runtime: Runtime, published: PublicKeySet) -> None:
    """Replace the published keys, if the revision before is still in place.

    Raises botocore's ConditionalCheckFailedException when another write came first.
    """
    content = {
        "keys": {"S": json.dumps([key._asdict() for key in published.keys])},
        "revision": {"N": str(published.revision)},
    }
    runtime.dynamodb.put_item(
        TableName=runtime.settings.clients_table,
        Item={**_KEY, **content},
        ConditionExpression="attribute_not_exists(pk) OR revision = :before",
        ExpressionAttributeValues={":before": {"N": str(published.revision - 1)}},
    )


class PublicKeys:
    """The published keys for verifiers and the JWKS endpoint, cached for a minute: forged tokens cost no reads."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._cache: AgingCache[str, tuple[dict[str, jwt.PyJWK], str]] = AgingCache(_CACHED_SECONDS, runtime.clock)

    def document(self) -> str:
        """Return the JWK set as JSON."""
        return self._cache.get("keys", self._load)[1]

    def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key with this id, or None."""
        return self._cache.get("keys", self._load)[0].get(kid)

    def forget(self) -> None:
        """Read the keys again at their next use."""
        self._cache.forget("keys")

    def _load(self) -> tuple[dict[str, jwt.PyJWK], str]:
        now = self._runtime.clock()
        jwks = [key.jwk for key in read_public_keys(self._runtime).keys if not key.is_expired(now)]
        keys = {jwk["kid"]: jwt.PyJWK(jwk, jwk["alg"]) for jwk in jwks}
        return keys, json.dumps({"keys": jwks}, separators=(",", ":"))
