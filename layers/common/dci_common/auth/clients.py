"""Partner clients and where they are kept: ClientsTable.

| item | pk | sk | carries |
|---|---|---|---|
| client | `CLIENT#<id>` | `CLIENT` | the client; `listed` and `name_key` put it into the index `clients` |
| secret | `SECRET#<id>` | `SECRET` | SHA-256 of the secret, in hex |
| name | `NAME#<name key>` | `NAME` | the owner: what makes names unique |
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict

from dci_common.dynamo import batch_get
from dci_common.errors import Conflict, NotFound
from dci_common.wiretime import timestamp

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
    `openspp17` makes requests that name no `reg_type` be answered in the OpenSPP 17 dialect. `signature` is what
    becomes of a message signature: `unsigned` refuses signed messages, `ignore` accepts and overlooks it.
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
    status: Literal["enabled", "disabled"]
    created: str
    updated: str
    version: int


def digest(secret: str) -> str:
    """Return what is stored of a client secret: a plain hash, since the secret holds 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def name_key(name: str) -> str:
    """Return the form in which names are unique: compatibility forms, case and spacing do not tell them apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def client_key(client_id: str) -> Item:
    """Return the key of a client's item."""
    return {"pk": {"S": f"CLIENT#{client_id}"}, "sk": {"S": "CLIENT"}}


def secret_key(client_id: str) -> Item:
    """Return the key of a client's secret."""
    return {"pk": {"S": f"SECRET#{client_id}"}, "sk": {"S": "SECRET"}}


def _name_key_item(key: str) -> Item:
    return {"pk": {"S": f"NAME#{key}"}, "sk": {"S": "NAME"}}


def client_from_item(item: Mapping[str, Any]) -> Client:
    """Read a client from its item in DynamoDB's own JSON."""
    deserialize = TypeDeserializer().deserialize
    return Client.model_validate({name: deserialize(value) for name, value in item.items()})


class ClientStore:
    """Clients in ClientsTable. Everything that changes two items changes both or none."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.clients_table

    def create(self, client: Client, secret: str) -> None:
        """Store a new client. Raises Conflict when its name is taken."""
        key = name_key(client.name)
        serialize = TypeSerializer().serialize
        fields = {name: serialize(value) for name, value in client.model_dump(mode="json").items()}
        item = {**client_key(client.client_id), "listed": {"S": LISTED}, "name_key": {"S": key}, **fields}
        owner = {"client_id": {"S": client.client_id}}
        try:
            self._runtime.dynamodb.transact_write_items(
                TransactItems=[
                    self._put_new(item),
                    self._put_new({**_name_key_item(key), **owner}),
                    self._put_new({**secret_key(client.client_id), "digest": {"S": digest(secret)}}),
                ]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "TransactionCanceledException" and _condition_failed(error):
                raise Conflict("A client with this name exists: choose another name.") from error
            raise

    def get(self, client_id: str) -> Client:
        """Read one client, strongly consistent. Raises NotFound."""
        _check_id(client_id)
        found = self.find(client_id, consistent=True)
        if found is None:
            raise _no_such_client()
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
        keys = [client_key(client_id), secret_key(client_id)] if is_id(client_id) else []
        items = {item["sk"]["S"]: item for item in batch_get(self._runtime.dynamodb, self._table, keys)}
        stored = items.get("SECRET", _NO_SECRET)["digest"]["S"]
        if not hmac.compare_digest(digest(secret), stored) or "CLIENT" not in items:
            return None
        return client_from_item(items["CLIENT"])

    def set_status(self, client_id: str, status: Literal["enabled", "disabled"]) -> Client:
        """Enable or disable a client. Raises NotFound."""
        _check_id(client_id)
        try:
            answer = self._runtime.dynamodb.update_item(
                TableName=self._table,
                Key=client_key(client_id),
                UpdateExpression="SET #status = :status, updated = :now ADD version :one",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":status": {"S": status},
                    ":now": {"S": timestamp(self._runtime.clock())},
                    ":one": {"N": "1"},
                },
                ReturnValues="ALL_NEW",
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise _no_such_client() from error
        return client_from_item(answer["Attributes"])

    def delete(self, client_id: str) -> None:
        """Delete a client, its secret and its claim to the name. Raises NotFound."""
        client = self.get(client_id)
        keys = [client_key(client_id), secret_key(client_id), _name_key_item(name_key(client.name))]
        self._runtime.dynamodb.transact_write_items(
            TransactItems=[{"Delete": {"TableName": self._table, "Key": key}} for key in keys]
        )

    def page(self, limit: int, after: Mapping[str, str] | None) -> tuple[list[Client], dict[str, str] | None]:
        """Read a page of clients in the order of their names, and where the next page starts.

        The index lags by moments: a client just created may be missing for as long.
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
        return sorted(clients, key=lambda client: name_key(client.name)), following

    def _put_new(self, item: Item) -> Any:  # noqa: ANN401 - a transaction's action
        return {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def _condition_failed(error: ClientError) -> bool:
    reasons: Any = error.response.get("CancellationReasons", [])
    return any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons)


def is_id(text: str) -> bool:
    """Tell whether this could be a client id: others are never looked up."""
    return _CLIENT_ID.fullmatch(text) is not None


def _check_id(client_id: str) -> None:
    if not is_id(client_id):
        raise _no_such_client()


def _no_such_client() -> NotFound:
    return NotFound("There is no client with this id.")
