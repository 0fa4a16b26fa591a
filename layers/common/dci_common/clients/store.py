"""Partner clients and where they are kept: ClientsTable.

| item | pk | sk | carries |
|---|---|---|---|
| client | `CLIENT#<id>` | `CLIENT` | the client; `listed` and `name_key` put it into the index `clients` |
| name | `NAME#<name key>` | `NAME` | the owner: what makes names unique |

Secrets have a partition of their own (secrets.py), and so has the log (adminlog.py); administration.py changes all.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from dci_common.aws.dynamodb import batch_get, plain, typed
from dci_common.clients.secrets import SLOTS, digest, secret_from_item, secret_keys
from dci_common.errors import NotFound

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

LISTED = "CLIENT"
RECORD_TYPES = ("SRPerson", "Member", "Group")
_CLIENT_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_NO_SECRET = {"digest": {"S": "0" * 64}}  # of no secret that anybody could send
Item = dict[str, Any]


class Client(BaseModel):
    """A partner system, or an administrator's tool.

    `token_lifetime` is in seconds. `disclosure` names attributes and sets of them that the client may see,
    `record_types` what it may search, and `restricted` entitles it to restricted people (see Person).
    `requests_a_minute` and `records_a_day` are its own limits, 0 none; without them the deployment's hold.
    `openspp17` makes requests that name no `reg_type` be answered in the OpenSPP 17 dialect. `signature` is what
    becomes of a message signature: `unsigned` refuses signed messages, `ignore` accepts and overlooks it.
    `jwks` is the client's own public keys, a JWK set in JSON (see public_key_set). A token issued before
    `tokens_not_before` (epoch seconds) does not hold.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    client_id: str
    name: str
    sender_id: str
    scopes: tuple[str, ...]
    token_lifetime: int
    disclosure: tuple[str, ...]
    openspp17: bool
    signature: Literal["unsigned", "ignore"]
    # Clients registered before there were these fields have their defaults.
    record_types: tuple[str, ...] = RECORD_TYPES
    restricted: bool = False
    requests_a_minute: int | None = None
    records_a_day: int | None = None
    jwks: str | None = None
    tokens_not_before: int = 0
    status: Literal["enabled", "disabled"]
    created: str
    updated: str
    version: int


def name_key(name: str) -> str:
    """Return the form in which names are unique: compatibility forms, case and spacing do not tell them apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def client_key(client_id: str) -> Item:
    """Return the key of a client's item."""
    return {"pk": {"S": f"CLIENT#{client_id}"}, "sk": {"S": "CLIENT"}}


def name_item_key(key: str) -> Item:
    """Return the key of the item that holds a name (see name_key)."""
    return {"pk": {"S": f"NAME#{key}"}, "sk": {"S": "NAME"}}


def client_item(client: Client) -> Item:
    """Return the item of a client."""
    fields = {name: typed(value) for name, value in client.model_dump(mode="json", exclude_none=True).items()}
    listed = {"listed": {"S": LISTED}, "name_key": {"S": name_key(client.name)}}
    return {**client_key(client.client_id), **listed, **fields}


def client_from_item(item: Mapping[str, Any]) -> Client:
    """Read a client from its item in DynamoDB's own JSON."""
    return Client.model_validate({name: plain(value) for name, value in item.items()})


class ClientStore:
    """Reads clients from ClientsTable."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.clients_table

    def get(self, client_id: str) -> Client:
        """Read one client, strongly consistent. Raises NotFound."""
        found = self.find(client_id, consistent=True) if is_id(client_id) else None
        if found is None:
            raise NotFound("There is no client with this id.")
        return found

    def find(self, client_id: str, *, consistent: bool) -> Client | None:
        """Read one client; None when there is none."""
        answer = self._runtime.dynamodb.get_item(
            TableName=self._table, Key=client_key(client_id), ConsistentRead=consistent
        )
        item = answer.get("Item")
        return client_from_item(item) if item else None

    def authenticated(self, client_id: str, secret: str) -> Client | None:
        """Return the client whose secret this is; None for a wrong secret just as for an unknown client.

        Both take the same steps, one read and one comparison, so that time does not tell which it was.
        """
        keys = [client_key(client_id), *secret_keys(client_id)] if is_id(client_id) else []
        items = {item["sk"]["S"]: item for item in batch_get(self._runtime.dynamodb, self._table, keys)}
        now, sent = self._runtime.clock(), digest(secret)
        matches = [
            hmac.compare_digest(sent, items.get(slot, _NO_SECRET)["digest"]["S"])
            and slot in items
            and secret_from_item(items[slot]).is_live(now)
            for slot in SLOTS
        ]
        return client_from_item(items["CLIENT"]) if any(matches) and "CLIENT" in items else None

    def page(
        self, limit: int, after: Mapping[str, str] | None, status: str | None = None
    ) -> tuple[list[Client], dict[str, str] | None]:
        """Read a page of clients in the order of their names, and where the next page starts.

        `status` leaves out clients of another one, so that a page may be short, or empty, while others follow. The
        index lags by moments: a client just created may be missing for as long.
        """
        start = {"ExclusiveStartKey": {name: {"S": value} for name, value in after.items()}} if after else {}
        answer: Any = self._runtime.dynamodb.query(
            TableName=self._table,
            IndexName="clients",
            KeyConditionExpression="listed = :listed",
            ExpressionAttributeValues={":listed": {"S": LISTED}},
            Limit=limit,
            **start,  # type: ignore[arg-type] # an optional argument
        )
        keys = [{"pk": item["pk"], "sk": item["sk"]} for item in answer["Items"]]
        clients = map(client_from_item, batch_get(self._runtime.dynamodb, self._table, keys))
        last = answer.get("LastEvaluatedKey")
        following = {name: value["S"] for name, value in last.items()} if last else None
        asked = [client for client in clients if status in {None, client.status}]
        return sorted(asked, key=lambda client: name_key(client.name)), following


def is_id(text: str) -> bool:
    """Tell whether this could be a client id: others are never looked up."""
    return _CLIENT_ID.fullmatch(text) is not None
