"""Reads ClientsTable: clients, their secrets, the use of these, and the administration log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import Item, Unmetered, batch_get
from dci_common.clients.items import (
    LISTED,
    LISTED_DELETED,
    LISTED_LOG,
    client_from_item,
    client_key,
    entry_from_item,
    log_key,
    name_item_key,
    secret_from_item,
    secret_keys,
    usage_key,
)
from dci_common.clients.model import MAX_NAME_BYTES, Client, is_client_id, name_key
from dci_common.errors import NotFound
from dci_common.oauth.revocation import revocation_key

if TYPE_CHECKING:
    from dci_common.clients.secrets import Secret
    from dci_common.deadline import Deadline
    from dci_common.oauth.tokens import VerifiedToken
    from dci_common.runtime import Runtime

MAX_PAGE = 100  # clients or log entries
_MOST_READS = 10  # of pages of a list, to fill one page
Position = Mapping[str, str]  # where a page starts: the members of a key
Bounds = tuple[str, str]  # sort keys, both included
Wanted = Callable[[Item], bool]
_Read = tuple[list[tuple[Item, Item]], dict[str, str] | None]  # keys with their items, and where the next ones are


class ClientStore:
    """Reads clients and what belongs to them; it writes nothing."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.clients_table

    def get(self, client_id: str) -> Client:
        """Return a client, read consistently. Raises NotFound."""
        found = self.find(client_id, consistent=True) if is_client_id(client_id) else None
        if found is None:
            raise NotFound("There is no client with this id.")
        return found

    def find(self, client_id: str, *, consistent: bool) -> Client | None:
        """Return a client, or None."""
        answer = self._runtime.dynamodb.get_item(
            TableName=self._table, Key=client_key(client_id), ConsistentRead=consistent
        )
        item = answer.get("Item")
        return client_from_item(item) if item else None

    def many(self, client_ids: Iterable[str]) -> dict[str, Client]:
        """Return clients by their ids, read consistently; unknown ones are left out."""
        items = batch_get(self._runtime, self._table, [client_key(client_id) for client_id in set(client_ids)])
        return {client.client_id: client for client in map(client_from_item, items)}

    def named(self, name: str) -> Client | None:
        """Return the client with this name, read consistently, or None."""
        key = name_key(name)
        if not 0 < len(key.encode()) <= MAX_NAME_BYTES:
            return None
        answer = self._runtime.dynamodb.get_item(TableName=self._table, Key=name_item_key(key), ConsistentRead=True)
        owner = answer.get("Item")
        client = self.find(owner["client_id"]["S"], consistent=True) if owner else None
        return client if client and name_key(client.name) == key else None  # it may have been renamed meanwhile

    def token_holder(self, token: VerifiedToken, deadline: Deadline | None = None) -> Client | None:
        """Return the client of a verified token; None when it is not enabled, or the token was revoked.

        A token counts as revoked when it was issued before its client's `tokens_not_before`, or is of another
        generation: times are in seconds, and clocks differ, so that a time alone is not exact.
        """
        keys = [client_key(token.client_id), revocation_key(token.token_id)]
        meter = Unmetered(deadline) if deadline else None
        found = batch_get(self._runtime, self._table, keys, meter=meter)
        items = {item["sk"]["S"]: item for item in found}
        if "REVOKED" in items or "CLIENT" not in items:
            return None
        client = client_from_item(items["CLIENT"])
        in_time = token.issued >= client.tokens_not_before and token.generation == client.tokens_generation
        return client if client.status == "enabled" and in_time else None

    def page(
        self, limit: int, after: Position | None, status: str | None = None, begins: str = ""
    ) -> tuple[list[Client], dict[str, str] | None]:
        """Return a page of clients in the order of their names, and where the next page starts.

        `status` leaves out other clients (see `listed`), and `begins`, a name's key or its beginning, those whose
        names begin otherwise. The index is eventually consistent: a client that was just created can be missing for
        moments.
        """
        has_status = (lambda item: item["status"]["S"] == status) if status else None
        items, following = self.listed(LISTED, limit, after, forward=True, begins=begins, wanted=has_status)
        return sorted(map(client_from_item, items), key=lambda client: name_key(client.name)), following

    def deleted_page(self, limit: int, after: Position | None) -> tuple[list[dict[str, Any]], dict[str, str] | None]:
        """Return a page of the log entries of deletions, the newest first, and where the next page starts."""
        items, following = self.listed(LISTED_DELETED, limit, after, forward=False)
        return list(map(entry_from_item, items)), following

    def live_secrets(self, client_id: str) -> list[Secret]:
        """Return a client's secrets that are accepted now, read consistently, the oldest first."""
        items = batch_get(self._runtime, self._table, secret_keys(client_id))
        live = [secret for secret in map(secret_from_item, items) if secret.is_live(self._runtime.clock())]
        return sorted(live, key=lambda secret: (secret.created, secret.secret_id))

    def last_used(self, client_id: str) -> dict[str, int]:
        """Return when each credential of a client was last used, in epoch seconds, by secret id."""
        answer = self._runtime.dynamodb.get_item(TableName=self._table, Key=usage_key(client_id))
        return _times(answer.get("Item", {}))

    def last_uses(self, client_ids: Iterable[str]) -> dict[str, int]:
        """Return when each of some clients last used a credential, in epoch seconds; others are left out.

        This is read eventually consistently.
        """
        keys = [usage_key(client_id) for client_id in set(client_ids)]
        items = batch_get(self._runtime, self._table, keys, consistent=False)
        used = {item["pk"]["S"].partition("#")[2]: _times(item) for item in items}
        return {client_id: max(times.values()) for client_id, times in used.items() if times}

    def log_page(
        self,
        client_id: str,
        limit: int,
        after: Position | None,
        span: Bounds | None = None,
        wanted: Wanted | None = None,
    ) -> tuple[list[dict[str, Any]], dict[str, str] | None]:
        """Return a page of a client's log, the newest entry first, and where the next page starts.

        `span` are sort keys between which entries are, and others than the `wanted` are left out (see `listed`).
        """

        def read(limit: int, after: Position | None) -> _Read:
            answer: Any = self._runtime.dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk" + (" AND sk BETWEEN :low AND :high" if span else ""),
                ExpressionAttributeValues={":pk": log_key(client_id, "")["pk"], **_between(span)},
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=limit,
                **_start(after),
            )
            entries = [({name: item[name] for name in ("pk", "sk")}, item) for item in answer["Items"]]
            return entries, _next(answer)

        items, following = _filled(read, limit, after, wanted)
        return list(map(entry_from_item, items)), following

    def whole_log_page(
        self, limit: int, after: Position | None, span: Bounds | None = None, wanted: Wanted | None = None
    ) -> tuple[list[dict[str, Any]], dict[str, str] | None]:
        """Return a page of the log of all clients, as `log_page` does of one.

        It is read from the index: an entry that was just written can be missing for moments.
        """
        items, following = self.listed(LISTED_LOG, limit, after, forward=False, span=span, wanted=wanted)
        return list(map(entry_from_item, items)), following

    def listed(  # noqa: PLR0913 - what is read of the index
        self,
        listed: str,
        limit: int,
        after: Position | None,
        *,
        forward: bool,
        begins: str = "",
        span: Bounds | None = None,
        wanted: Wanted | None = None,
    ) -> tuple[list[Item], dict[str, str] | None]:
        """Return a page of the items under `listed` in the index, in its order, and where the next page starts.

        `begins` is how the sort key in the index begins, and `span` are those between which it is. Items that are not
        `wanted` are left out: up to 1,000 are looked at to fill a page, so that it can be short only where there are
        many more others.
        """
        condition = " AND begins_with(name_key, :begins)" if begins else ""
        condition += " AND name_key BETWEEN :low AND :high" if span else ""
        values = {":listed": {"S": listed}, **({":begins": {"S": begins}} if begins else {}), **_between(span)}

        def read(limit: int, after: Position | None) -> _Read:
            answer: Any = self._runtime.dynamodb.query(
                TableName=self._table,
                IndexName="clients",
                KeyConditionExpression=f"listed = :listed{condition}",
                ExpressionAttributeValues=values,
                Limit=limit,
                ScanIndexForward=forward,
                **_start(after),
            )
            return list(self._existing(answer["Items"])), _next(answer)

        return _filled(read, limit, after, wanted)

    def _existing(self, entries: list[Item]) -> Iterator[tuple[Item, Item]]:
        """Yield each entry of the index with its item, read consistently, if there is one."""
        keys = [{"pk": entry["pk"], "sk": entry["sk"]} for entry in entries]
        found = {(item["pk"]["S"], item["sk"]["S"]): item for item in batch_get(self._runtime, self._table, keys)}
        for entry in entries:
            item = found.get((entry["pk"]["S"], entry["sk"]["S"]))
            if item is not None:
                yield entry, item


def _filled(
    read: Callable[[int, Position | None], _Read], limit: int, after: Position | None, wanted: Wanted | None
) -> tuple[list[Item], dict[str, str] | None]:
    """Return a page of the wanted items of a list, of which `read` returns a part, and where the next page starts."""
    found: list[Item] = []
    following = after
    for _ in range(_MOST_READS if wanted else 1):
        entries, last = read(MAX_PAGE if wanted else limit, following)
        for number, (key, item) in enumerate(entries, 1):
            if wanted is None or wanted(item):
                found.append(item)
            if wanted and len(found) == limit:
                return found, None if last is None and number == len(entries) else _position(key)
        if last is None:
            return found, None
        following = last
    return found, dict(following) if following else None


def _times(usage: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(value["N"]) for name, value in usage.items() if "N" in value}


def _position(entry: Item) -> dict[str, str]:
    return {name: value["S"] for name, value in entry.items()}


def _between(span: Bounds | None) -> Item:
    return {":low": {"S": span[0]}, ":high": {"S": span[1]}} if span else {}


def _start(after: Position | None) -> Any:  # noqa: ANN401 - optional arguments
    return {"ExclusiveStartKey": {name: {"S": value} for name, value in after.items()}} if after else {}


def _next(answer: Mapping[str, Any]) -> dict[str, str] | None:
    last = answer.get("LastEvaluatedKey")
    return {name: value["S"] for name, value in last.items()} if last else None
