"""The key sets that clients publish, fetched and kept so that a partner's server may be slow, or away.

A set is an item of ExchangeTable. What one function fetches, all of them use:

| attribute | holds |
|---|---|
| `pk`, `sk` | `JWKS#<client id>`, and the URL: another URL is another item |
| `jwks` | the last set that was fetched, with its usable keys (see `published_keys`) |
| `fetched` | the epoch second of that fetch; the set is used for a day |
| `claimed` | the epoch second at which the last fetch started; the next one starts a minute later at the earliest |
| `ended` | the value of `claimed` when the last fetch ended, whatever came of it |

The conditional write that claims a fetch also returns the item, so that no other permission is needed to read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from dci_common.aws.retry import Backoff
from dci_common.logs import log_key_set_unavailable
from dci_common.oauth.public_keys import published_keys
from dci_common.outbound.answers import RequestFailed

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.clients.model import Client
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


@dataclass(frozen=True, slots=True)
class _KeySet:
    """A set as it was read; times are epoch seconds. Until `renewable`, no function can fetch a newer one."""

    jwks: str
    fetched: int
    renewable: int

    def usable(self, now: float) -> str:
        return self.jwks if now < self.fetched + KEPT_SECONDS else _NO_KEYS


class KeySets:
    """Returns the key sets that clients publish."""

    def __init__(self, runtime: Runtime, http_client: HttpClient) -> None:
        self._runtime, self._http_client = runtime, http_client
        self._known: dict[tuple[str, str], _KeySet] = {}

    def get(self, client: Client, deadline: Deadline) -> str:
        """Return a client's set as JSON, at most five minutes old unless it cannot be fetched.

        Where there is none, it has no keys. Raises the errors of DynamoDB.
        """
        return self._get(client, deadline, FRESH_SECONDS)

    def renewed(self, client: Client, deadline: Deadline) -> str:
        """Return a client's set as `get` does, at most a minute old, for a key that is not in the one known."""
        return self._get(client, deadline, PAUSE_SECONDS)

    def _get(self, client: Client, deadline: Deadline, max_age: int) -> str:
        name, now = (client.client_id, client.jwks_uri), self._runtime.clock()
        known = self._known.get(name)
        if known is None or now >= max(known.renewable, known.fetched + max_age):
            if len(self._known) >= _MAX_SETS:  # clients must not be able to fill the memory
                self._known.clear()
            self._known[name] = known = _key_set(self._read(client, deadline, max_age), int(now))
        return known.usable(now)

    def _read(self, client: Client, deadline: Deadline, max_age: int) -> Item:
        """Return the item of a set, after it was fetched if that is due.

        A fetch of another function is waited for by those who have no keys without it.
        """
        item: Item = {}
        for _ in self._runtime.retry.attempts(_WAIT, deadline.left):
            is_claimed, item = self._claim(client, max_age)
            if is_claimed:
                return item | self._fetch(client, item["claimed"], deadline)
            if not self._is_running(item) or (max_age == FRESH_SECONDS and "jwks" in item):
                break
        return item

    def _claim(self, client: Client, max_age: int) -> tuple[bool, Item]:
        """Return whether this function is to fetch a set now, and the item of the set."""
        now = int(self._runtime.clock())
        values = {":now": now, ":old": now - max_age, ":before": now - PAUSE_SECONDS, ":expires": now + KEPT_SECONDS}
        request: dict[str, Any] = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        try:
            answer = self._runtime.dynamodb.update_item(
                TableName=self._runtime.settings.exchange_table,
                Key=_key(client),
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

    def _fetch(self, client: Client, claimed: Any, deadline: Deadline) -> Item:  # noqa: ANN401 - an attribute's value
        """Fetch a set, and return the attributes that are stored of it."""
        changed: Item = {"ended": claimed}
        try:
            jwks = fetch(self._http_client, client.jwks_uri, min(FETCH_SECONDS, deadline.left()))
            changed |= {"jwks": {"S": jwks}, "fetched": claimed}
        except RequestFailed as error:
            log_key_set_unavailable(client.client_id, error.reason)
        self._runtime.dynamodb.update_item(
            TableName=self._runtime.settings.exchange_table,
            Key=_key(client),
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


def _key(client: Client) -> Item:
    return {"pk": {"S": f"JWKS#{client.client_id}"}, "sk": {"S": client.jwks_uri}}


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _key_set(item: Item, now: int) -> _KeySet:
    claimed, ended = _number(item, "claimed"), _number(item, "ended")
    renewable = claimed + PAUSE_SECONDS if claimed == ended else now
    return _KeySet(item["jwks"]["S"] if "jwks" in item else _NO_KEYS, _number(item, "fetched"), renewable)
