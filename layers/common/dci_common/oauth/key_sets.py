"""The key sets that others publish, fetched and kept so that their server may be slow, or away.

A set is an item of ExchangeTable. What one function fetches, all of them use:

| attribute | holds |
|---|---|
| `pk`, `sk` | the publisher's partition, and the URL: another URL is another item |
| `jwks` | the last set that was fetched, with its usable keys (see `published_keys`) |
| `fetched` | the epoch second of that fetch; the set is used for a day |
| `claimed` | the epoch second at which the last fetch started; the next one starts a minute later at the earliest |
| `ended` | the value of `claimed` when the last fetch ended, whatever came of it |

The conditional write that claims a fetch also returns the item, so that no other permission is needed to read it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt
from pydantic_core import from_json

from dci_common.aws.retry import Backoff
from dci_common.logs import log_key_set_unavailable
from dci_common.oauth.public_keys import published_keys
from dci_common.outbound.answers import RequestFailed

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.deadline import Deadline
    from dci_common.outbound.http_client import HttpClient
    from dci_common.runtime import Runtime

FRESH_SECONDS = 300
PAUSE_SECONDS = 60  # between two fetches
KEPT_SECONDS = 86_400
FETCH_SECONDS = 5
_CLAIM_SECONDS = FETCH_SECONDS + 1  # after which a fetch that has not ended is not waited for
_WAIT = Backoff(attempts=30, first=0.1, longest=0.5)
_MAX_SETS = 1024
_NO_KEYS = '{"keys":[]}'


class Publisher(NamedTuple):
    """A publisher of keys: its name in log lines, the partition of its set in ExchangeTable, and the set's URL."""

    name: str
    partition: str
    url: str


@dataclass(frozen=True, slots=True)
class _KeySet:
    """A set as it was read; times are epoch seconds. Until `renewable`, no function can fetch a newer one."""

    jwks: str
    fetched: int
    renewable: int

    def usable(self, now: float) -> str:
        return self.jwks if now < self.fetched + KEPT_SECONDS else _NO_KEYS


class KeySets:
    """Returns the key sets of publishers.

    `fetch` returns the set at a URL as JSON, or raises RequestFailed, in at most so many seconds; see `fetch`.
    """

    def __init__(self, runtime: Runtime, fetch: Callable[[str, float], str]) -> None:
        self._runtime, self._fetch_set = runtime, fetch
        self._known: dict[Publisher, _KeySet] = {}

    def get(self, publisher: Publisher, deadline: Deadline) -> str:
        """Return a publisher's set as JSON, at most five minutes old unless it cannot be fetched.

        If it is missing, the result has no keys. Raises the errors of DynamoDB.
        """
        return self._get(publisher, deadline, FRESH_SECONDS)

    def renewed(self, publisher: Publisher, deadline: Deadline) -> str:
        """Return a publisher's set as `get` does, at most a minute old, for a key that is not in the one known."""
        return self._get(publisher, deadline, PAUSE_SECONDS)

    def is_recent(self, publisher: Publisher) -> bool:
        """Return whether the set that was returned last is at most a minute old."""
        known = self._known.get(publisher)
        return known is not None and self._runtime.clock() < known.fetched + PAUSE_SECONDS

    def _get(self, publisher: Publisher, deadline: Deadline, max_age: int) -> str:
        now = self._runtime.clock()
        known = self._known.get(publisher)
        if known is None or now >= max(known.renewable, known.fetched + max_age):
            if len(self._known) >= _MAX_SETS:  # publishers must not be able to fill the memory
                self._known.clear()
            self._known[publisher] = known = _key_set(self._read(publisher, deadline, max_age), int(now))
        return known.usable(now)

    def _read(self, publisher: Publisher, deadline: Deadline, max_age: int) -> Item:
        """Return the item of a set, after it was fetched if that is due.

        A fetch of another function is waited for by those who have no keys without it.
        """
        item: Item = {}
        for _ in self._runtime.retry.attempts(_WAIT, deadline.left):
            is_claimed, item = self._claim(publisher, max_age)
            if is_claimed:
                return item | self._fetch(publisher, item["claimed"], deadline)
            if not self._is_running(item) or (max_age == FRESH_SECONDS and "jwks" in item):
                break
        return item

    def _claim(self, publisher: Publisher, max_age: int) -> tuple[bool, Item]:
        """Return whether this function is to fetch a set now, and the item of the set."""
        now = int(self._runtime.clock())
        values = {":now": now, ":old": now - max_age, ":before": now - PAUSE_SECONDS, ":expires": now + KEPT_SECONDS}
        request: dict[str, Any] = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        try:
            answer = self._runtime.dynamodb.update_item(
                TableName=self._runtime.settings.exchange_table,
                Key=_key(publisher),
                UpdateExpression="SET claimed = :now, expires = :expires",
                ConditionExpression="(attribute_not_exists(fetched) OR fetched <= :old)"
                " AND (attribute_not_exists(claimed) OR claimed <= :before)",
                ExpressionAttributeValues={name: {"N": str(value)} for name, value in values.items()},
                ReturnValues="ALL_NEW",
                **request,
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException as error:
            return False, error.response.get("Item", {})  # type: ignore[return-value] # the item as it is
        return True, answer["Attributes"]

    def _is_running(self, item: Item) -> bool:
        """Return whether another function is just fetching a set."""
        claimed = _number(item, "claimed")
        return claimed != _number(item, "ended") and self._runtime.clock() < claimed + _CLAIM_SECONDS

    def _fetch(self, publisher: Publisher, claimed: Any, deadline: Deadline) -> Item:  # noqa: ANN401 - an attribute's value
        """Fetch a set, and return the attributes that are stored of it."""
        changed: Item = {"ended": claimed}
        try:
            jwks = self._fetch_set(publisher.url, min(FETCH_SECONDS, deadline.left()))
            changed |= {"jwks": {"S": jwks}, "fetched": claimed}
        except RequestFailed as error:
            log_key_set_unavailable(publisher.name, error.reason)
        self._runtime.dynamodb.update_item(
            TableName=self._runtime.settings.exchange_table,
            Key=_key(publisher),
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in changed),
            ExpressionAttributeValues={f":{name}": value for name, value in changed.items()},
        )
        return changed


def fetch(http_client: HttpClient, url: str, seconds: float) -> str:
    """Return the usable keys of a set as JSON. Raises RequestFailed, whose reason quotes nothing of an answer."""
    answer = http_client.get(url, seconds)
    if answer.status != HTTPStatus.OK:
        raise RequestFailed(f"The address of the key set answered with HTTP status {answer.status}.")
    try:
        return published_keys(from_json(answer.body))
    except ValueError:
        reason = "The address of the key set did not answer with a JWK set of at most 64 KiB."
        raise RequestFailed(reason) from None


def keys_in(jwks: str, kid: str | None, algorithms: Collection[str]) -> Sequence[jwt.PyJWK]:
    """Return the keys of a JWK set with this id (None: any) that are for one of these algorithms."""
    return [key for key in _loaded(jwks) if kid in {None, key.key_id} and key.algorithm_name in algorithms]


@lru_cache(maxsize=128)  # loading an RSA key takes longer than verifying a signature with it
def _loaded(jwks: str) -> tuple[jwt.PyJWK, ...]:
    """Return the keys of a JWK set, as `public_key_set` and `published_keys` return it."""
    return tuple(jwt.PyJWK(key, key["alg"]) for key in json.loads(jwks)["keys"])


def _key(publisher: Publisher) -> Item:
    return {"pk": {"S": publisher.partition}, "sk": {"S": publisher.url}}


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _key_set(item: Item, now: int) -> _KeySet:
    claimed, ended = _number(item, "claimed"), _number(item, "ended")
    renewable = claimed + PAUSE_SECONDS if claimed == ended else now
    return _KeySet(item["jwks"]["S"] if "jwks" in item else _NO_KEYS, _number(item, "fetched"), renewable)
