"""Client secrets: two slots for each client, so that an old one and a new one may overlap.

| item | pk | sk | carries |
|---|---|---|---|
| secret | `SECRET#<client id>` | `1` or `2` | `digest`, `secret_id`, `created`, `expires` (epoch seconds) or not |
| usage | `USAGE#<client id>` | `USAGE` | under the id of each secret used, when it last was (epoch seconds) |

DynamoDB removes an expired item within days, so whoever reads one looks at `expires`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import batch_get
from dci_common.errors import Conflict

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

Item = dict[str, Any]

SLOTS = ("1", "2")
OVERLAP_SECONDS = 7 * 86_400
MAX_OVERLAP_SECONDS = 90 * 86_400
_PREFIX = "dcis_"  # so that leak scanners find our secrets


@dataclass(frozen=True, slots=True)
class Secret:
    """What is known of a secret: not the secret itself. `expires` is in epoch seconds; None is no end."""

    slot: str
    secret_id: str
    created: str
    digest: str
    expires: int | None = None

    def is_live(self, now: float) -> bool:
        """Tell whether it opens the token endpoint at this moment (epoch seconds)."""
        return self.expires is None or now < self.expires


def new_secret(random_bytes: Callable[[int], bytes]) -> str:
    """Make a secret of 256 random bits, in characters that need no escape in a URL."""
    return _PREFIX + base64.urlsafe_b64encode(random_bytes(32)).rstrip(b"=").decode()


def digest(secret: str) -> str:
    """Return what is stored of a client secret: a plain hash, since the secret holds 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def secret_key(client_id: str, slot: str) -> Item:
    """Return the key of a slot."""
    return {"pk": {"S": f"SECRET#{client_id}"}, "sk": {"S": slot}}


def secret_keys(client_id: str) -> list[Item]:
    """Return the keys of both slots."""
    return [secret_key(client_id, slot) for slot in SLOTS]


def secret_item(client_id: str, secret: Secret) -> Item:
    """Return the item of a secret."""
    ends = {"expires": {"N": str(secret.expires)}} if secret.expires is not None else {}
    fields = {name: {"S": getattr(secret, name)} for name in ("secret_id", "created", "digest")}
    return {**secret_key(client_id, secret.slot), **fields, **ends}


def secret_from_item(item: Mapping[str, Any]) -> Secret:
    """Read a secret from its item."""
    expires = int(item["expires"]["N"]) if "expires" in item else None
    texts = {name: item[name]["S"] for name in ("secret_id", "created", "digest")}
    return Secret(slot=item["sk"]["S"], **texts, expires=expires)


def usage_key(client_id: str) -> Item:
    """Return the key of what a client last used."""
    return {"pk": {"S": f"USAGE#{client_id}"}, "sk": {"S": "USAGE"}}


def live_secrets(runtime: Runtime, client_id: str) -> list[Secret]:
    """Read a client's secrets of this moment, strongly consistent, the oldest first."""
    items = batch_get(runtime.dynamodb, runtime.settings.clients_table, secret_keys(client_id))
    live = [secret for secret in map(secret_from_item, items) if secret.is_live(runtime.clock())]
    return sorted(live, key=lambda secret: (secret.created, secret.secret_id))


def last_used(runtime: Runtime, client_id: str) -> dict[str, int]:
    """Read when each proof of a client was last used, in epoch seconds, by secret id."""
    answer = runtime.dynamodb.get_item(TableName=runtime.settings.clients_table, Key=usage_key(client_id))
    return {name: int(value["N"]) for name, value in answer.get("Item", {}).items() if "N" in value}


def free_slot(live: Sequence[Secret]) -> str:
    """Return the slot of a further secret. Raises Conflict when two are live."""
    free = [slot for slot in SLOTS if slot not in {secret.slot for secret in live}]
    if not free:
        raise Conflict("The client has two secrets already: delete one of them first, or wait until one expires.")
    return free[0]
