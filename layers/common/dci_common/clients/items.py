"""ClientsTable: the keys and items of clients, secrets and the administration log.

| item | pk | sk | carries |
|---|---|---|---|
| client | `CLIENT#<id>` | `CLIENT` | the client; `listed` and `name_key` put it into the index `clients` |
| name | `NAME#<name key>` | `NAME` | `client_id`, the owner: this makes names unique |
| secret | `SECRET#<id>` | `1` or `2` | `digest`, `secret_id`, `created`; if it ends `expires` (epoch seconds) |
| | | | and then `listed`, and `name_key`, which begins with the time of its end |
| usage | `USAGE#<id>` | `USAGE` | by secret id, and for `private_key_jwt`, the epoch second of the last use |
| log | `LOG#<id>` | `<timestamp>#<version of the client>` | `entry`, JSON; `listed`, and `name_key`, the `sk` |
| deletion | `DELETED#<id>` | `DELETED` | `entry`, as in the log without `changes`; `listed`, and `name_key` |
| approval | `APPROVAL#<id>` | `APPROVAL` | a change that waits for a second person; see proposal.py |
| handover | `HANDOVER#<id>` | `HANDOVER` | see handover_items.py |

The `sk` of a log entry about an approval goes on with `#<act>#<id of the approval>`.

`callbacks` of a client is JSON, and absent where it has none.

Revoked tokens, failed authentications and public keys are described in `oauth/`: revocation.py, throttle.py,
public_key_store.py. DynamoDB removes an expired item within days, so readers check `expires`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import Item, deserialize, serialize
from dci_common.clients.model import CALLBACK_CHOICES, CHOICES, Callbacks, Client, name_key
from dci_common.clients.secrets import SLOTS, Secret
from dci_common.json_text import json_text
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.clients.log import LogEntry

LISTED = "CLIENT"
LISTED_LOG = "LOG"
LISTED_DELETED = "DELETED"
LISTED_ENDING = "SECRET"  # secrets that end


def client_key(client_id: str) -> Item:
    """Return the key of a client."""
    return {"pk": {"S": f"CLIENT#{client_id}"}, "sk": {"S": "CLIENT"}}


def client_item(client: Client) -> Item:
    """Return the item of a client."""
    members = {**client._asdict(), "callbacks": _callbacks_text(client.callbacks)}
    given = {name: value for name, value in members.items() if value is not None}
    fields = {name: serialize(list(value) if isinstance(value, tuple) else value) for name, value in given.items()}
    listed = {"listed": {"S": LISTED}, "name_key": {"S": name_key(client.name)}}
    return {**client_key(client.client_id), **listed, **fields}


def client_from_item(item: Mapping[str, Any]) -> Client:
    """Return the client of an item. Raises ValueError when a member has a value that this version does not know."""
    fields = {name: deserialize(item[name]) for name in Client._fields if name in item}
    if "callbacks" in fields:
        given = json.loads(fields["callbacks"])
        members = {name: given[name] for name in Callbacks._fields if name in given}
        fields["callbacks"] = Callbacks(**_checked(members, CALLBACK_CHOICES))
    return Client(**_checked(fields, CHOICES))


def _callbacks_text(callbacks: Callbacks) -> str | None:
    """Return what differs from the defaults, as JSON; None for a client without callbacks."""
    default = Callbacks()._asdict()
    differing = {name: value for name, value in callbacks._asdict().items() if value != default[name]}
    return json_text(differing) if differing else None


def _checked(fields: dict[str, Any], choices: Mapping[str, tuple[object, ...]]) -> dict[str, Any]:
    """Return the fields with tuples for lists, if each choice is known."""
    for name, known in choices.items():
        if name in fields and fields[name] not in known:
            raise ValueError(f"The stored client has an unknown {name}.")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def name_item_key(key: str) -> Item:
    """Return the key of the item that reserves a name (see name_key)."""
    return {"pk": {"S": f"NAME#{key}"}, "sk": {"S": "NAME"}}


def secret_key(client_id: str, slot: str) -> Item:
    """Return the key of one of a client's two secrets."""
    return {"pk": {"S": f"SECRET#{client_id}"}, "sk": {"S": slot}}


def secret_keys(client_id: str) -> list[Item]:
    """Return the keys of both secrets of a client."""
    return [secret_key(client_id, slot) for slot in SLOTS]


def secret_item(client_id: str, secret: Secret) -> Item:
    """Return the item of a secret."""
    fields = {name: {"S": getattr(secret, name)} for name in ("secret_id", "created", "digest")}
    item = {**secret_key(client_id, secret.slot), **fields}
    if secret.expires is None:
        return item
    end = {"S": f"{timestamp(secret.expires)}#{client_id}#{secret.slot}"}
    return {**item, "expires": {"N": str(secret.expires)}, "listed": {"S": LISTED_ENDING}, "name_key": end}


def secret_from_item(item: Mapping[str, Any]) -> Secret:
    """Return the secret of an item."""
    expires = int(item["expires"]["N"]) if "expires" in item else None
    texts = {name: item[name]["S"] for name in ("secret_id", "created", "digest")}
    return Secret(slot=item["sk"]["S"], **texts, expires=expires)


def usage_key(client_id: str) -> Item:
    """Return the key of the item that records when a client last used each credential."""
    return {"pk": {"S": f"USAGE#{client_id}"}, "sk": {"S": "USAGE"}}


def log_key(client_id: str, sort_key: str) -> Item:
    """Return the key of a log entry."""
    return {"pk": {"S": f"LOG#{client_id}"}, "sk": {"S": sort_key}}


def log_item(entry: LogEntry, part: str = "") -> Item:
    """Return the item of a log entry. The index `clients` lists the entries of all clients in the order of time.

    An entry of what left the client at its version has a `part`, so that it replaces no other entry. What happens to
    a proposal has its own.
    """
    part = f"#{entry.act}#{entry.approval_id}" if entry.approval_id else part
    moment = f"{entry.at}#{entry.version:010}{part}"
    listed = {"listed": {"S": LISTED_LOG}, "name_key": {"S": moment}}
    return {**log_key(entry.client_id, moment), **listed, "entry": {"S": entry.model_dump_json(exclude_none=True)}}


def deleted_item(entry: LogEntry) -> Item:
    """Return the item that lists a deleted client, by the log entry of its deletion."""
    short = entry.model_copy(update={"changes": {}})
    listed = {"listed": {"S": LISTED_DELETED}, "name_key": {"S": f"{entry.at}#{entry.version:010}"}}
    return {
        "pk": {"S": f"DELETED#{entry.client_id}"},
        "sk": {"S": "DELETED"},
        **listed,
        "entry": {"S": short.model_dump_json(exclude_none=True)},
    }


def entry_from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the log entry of an item as JSON; earlier entries hold their client's id only in the key."""
    return {"client_id": item["pk"]["S"].removeprefix("LOG#"), **json.loads(item["entry"]["S"])}
