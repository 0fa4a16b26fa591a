"""A handover as it is stored: what a partner's officer needs a link and a code for, to make a client's secret.

Neither is stored. The item `HANDOVER#<id>`, `HANDOVER` of ClientsTable has a digest of the link's token as its id,
and a digest of the code that cannot be searched without the token:

| attribute | holds |
|---|---|
| `owner` | the id of the client whose secret it makes (`client_id` marks what is restored with a client) |
| `code_digest` | see `code_digest` |
| `created`, `expires` | a timestamp, and epoch seconds |
| `tries` | how many codes were sent |
| `made_by`, `made_by_name` | a client's id, or an operator's with their name |
| `by_operator` | which of them it was |
| `old_expires_in` | the seconds after which the client's other secrets expire, once it is used |
| `listed`, `name_key` | `HANDOVER#<client id>` and the time, which put it into the index `clients` |

One that was used or withdrawn has no item. DynamoDB removes an expired one within days, so readers check `expires`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dci_common.aws.dynamodb import Item, deserialize, serialize
from dci_common.clients.views import View
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.clients.secrets import Secret

MAX_TRIES = 5
LIFETIME_SECONDS = 86_400
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no letter looks like a digit
_LOOKALIKES = str.maketrans("OIL", "011", " -")
_CODE_BYTES = 5
_TOKEN, _ID = re.compile(r"[A-Za-z0-9_-]{43}"), re.compile(r"[0-9a-f]{32}")


class Handover(NamedTuple):
    """A handover; see above."""

    handover_id: str
    owner: str
    code_digest: str
    created: str
    expires: int
    made_by: str
    by_operator: bool
    old_expires_in: int
    tries: int = 0
    made_by_name: str | None = None

    def is_open(self, now: float) -> bool:
        """Return whether a code may still be sent at this moment (epoch seconds)."""
        return self.tries < MAX_TRIES and now < self.expires


class HandoverView(View):
    """A handover without its link and its code."""

    handover_id: str
    created: str
    expires: str
    tries_left: int
    made_by: str
    made_by_name: str | None = None
    old_expires_in: int


class HandedOver(View):
    """What the officer gets for the link and the code."""

    client_id: str
    name: str
    secret_id: str
    created: str
    token_url: str


def is_token(text: str) -> bool:
    """Return whether the text can be a link's token; any other is never looked up."""
    return _TOKEN.fullmatch(text) is not None


def is_handover_id(text: str) -> bool:
    """Return whether the text can be a handover's id; any other is never looked up."""
    return _ID.fullmatch(text) is not None


def handover_id(token: str) -> str:
    """Return the id of the handover that a link's token opens: 128 bits of its digest."""
    return hashlib.sha256(b"handover " + token.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def code_digest(token: str, code: str) -> str:
    """Return what is stored of a code: its HMAC under the link's token, whose 256 random bits are stored nowhere.

    Without the token, the 40 bits of a code cannot be searched, so that a slow hash would add nothing.
    """
    key = token.encode("utf-8", "surrogatepass")
    return hmac.new(key, _typed(code).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def generate_code(random_bytes: Callable[[int], bytes]) -> str:
    """Return a code of 40 random bits, such as `7QX0-3M9T`."""
    number = int.from_bytes(random_bytes(_CODE_BYTES), "big")
    text = "".join(_ALPHABET[(number >> shift) & 31] for shift in range(35, -1, -5))
    return f"{text[:4]}-{text[4:]}"


def handover_key(handover_id: str) -> Item:
    """Return the key of a handover."""
    return {"pk": {"S": f"HANDOVER#{handover_id}"}, "sk": {"S": "HANDOVER"}}


def listed_handovers(client_id: str) -> str:
    """Return the partition of the index `clients` that lists a client's handovers."""
    return f"HANDOVER#{client_id}"


def handover_item(handover: Handover) -> Item:
    """Return the item of a handover."""
    given = {name: value for name, value in handover._asdict().items() if value is not None and name != "handover_id"}
    listed = {
        "listed": listed_handovers(handover.owner),
        "name_key": f"{handover.created}#{handover.handover_id}",
    }
    return {
        **handover_key(handover.handover_id),
        **{name: serialize(value) for name, value in (given | listed).items()},
    }


def handover_from_item(item: Mapping[str, Any]) -> Handover:
    """Return the handover of an item."""
    fields = {name: deserialize(item[name]) for name in Handover._fields if name in item}
    return Handover(item["pk"]["S"].removeprefix("HANDOVER#"), **fields)


def handover_view(handover: Handover) -> dict[str, Any]:
    """Return a handover as JSON."""
    view = HandoverView(
        handover_id=handover.handover_id,
        created=handover.created,
        expires=timestamp(handover.expires),
        tries_left=MAX_TRIES - handover.tries,
        made_by=handover.made_by,
        made_by_name=handover.made_by_name,
        old_expires_in=handover.old_expires_in,
    )
    return view.to_json()


def handed_over_view(client_id: str, name: str, stored: Secret, token_url: str) -> dict[str, Any]:
    """Return what the officer gets beside the secret, as JSON."""
    view = HandedOver(
        client_id=client_id, name=name, secret_id=stored.secret_id, created=stored.created, token_url=token_url
    )
    return view.to_json()


def _typed(code: str) -> str:
    """Return a code in its one spelling, however it was typed."""
    return code.upper().translate(_LOOKALIKES)
