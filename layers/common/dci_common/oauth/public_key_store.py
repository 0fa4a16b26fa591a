"""The public keys of a deployment: the item `KEYS` of ClientsTable.

| attribute | holds |
|---|---|
| `keys` | JSON: a list of `{"jwk", "state", "since"}` |
| `revision` | how often it was written: whoever writes it names the revision that it read |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from dci_common.settings import MAX_TOKEN_LIFETIME

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

Jwk = dict[str, Any]
State = Literal["pending", "next", "current", "retired"]

# The last token of a retired key is signed by a function that remembers the ring for 300 s; the rest is for clocks.
KEPT_SECONDS = MAX_TOKEN_LIFETIME + 600
_KEY = {"pk": {"S": "KEYS"}, "sk": {"S": "KEYS"}}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key, what it is for, and since when (epoch seconds); `pending` belongs to a ring that may come."""

    jwk: Jwk
    state: State
    since: int

    @property
    def kid(self) -> str:
        """The key's id."""
        return str(self.jwk["kid"])

    def is_over(self, now: float) -> bool:
        """Tell whether every token that it signed has expired."""
        return self.state == "retired" and now >= self.since + KEPT_SECONDS


@dataclass(frozen=True, slots=True)
class PublicKeySet:
    """What is published; revision 0 is nothing yet."""

    keys: tuple[PublicKey, ...] = ()
    revision: int = 0

    def changed(self, states: Sequence[tuple[Jwk, State]], now: int) -> PublicKeySet:
        """Return the set that follows this one: a key that stays what it was keeps its `since`."""
        since = {(key.kid, key.state): key.since for key in self.keys}
        keys = tuple(PublicKey(jwk, state, since.get((jwk["kid"], state), now)) for jwk, state in states)
        return PublicKeySet(keys, self.revision + 1)


def read_published(runtime: Runtime, *, consistent: bool = False) -> PublicKeySet:
    """Read the published keys."""
    item = runtime.dynamodb.get_item(
        TableName=runtime.settings.clients_table, Key=_KEY, ConsistentRead=consistent
    ).get("Item")
    if item is None:
        return PublicKeySet()
    return PublicKeySet(tuple(PublicKey(**key) for key in json.loads(item["keys"]["S"])), int(item["revision"]["N"]))


def write_published(runtime: Runtime, published: PublicKeySet) -> None:
    """Replace what is published, if it is still the revision before.

    Raises botocore's ConditionalCheckFailedException when somebody else has written meanwhile.
    """
    content = {
        "keys": {"S": json.dumps([asdict(key) for key in published.keys])},
        "revision": {"N": str(published.revision)},
    }
    runtime.dynamodb.put_item(
        TableName=runtime.settings.clients_table,
        Item={**_KEY, **content},
        ConditionExpression="attribute_not_exists(pk) OR revision = :before",
        ExpressionAttributeValues={":before": {"N": str(published.revision - 1)}},
    )
