"""Signed messages that were answered: none of them is answered twice.

| item of ExchangeTable | holds |
|---|---|
| pk `SIGNED#<client id>#<digest>`, sk `SIGNED` | `path`, and `expires`, until when it could be used again |

The digest is of the message id and of all that was signed, and not of the signature: of one signature others can be
made that are valid too.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dci_common.errors import InvalidEnvelope

if TYPE_CHECKING:
    from dci_common.runtime import Runtime
    from dci_common.signatures.dialect import Verified

_KEPT_LONGER = 300  # seconds: clocks of instances differ


def claim(runtime: Runtime, client_id: str, message_id: str, verified: Verified, path: str) -> None:
    """Record that a signed message is answered. Raises InvalidEnvelope for one that was answered before.

    `path` names where messages are acknowledged again when they are repeated, and nowhere else; "" is nowhere.
    """
    digest = hashlib.sha256(message_id.encode() + b"\0" + verified.identity).hexdigest()
    try:
        runtime.dynamodb.put_item(
            TableName=runtime.settings.exchange_table,
            Item={
                "pk": {"S": f"SIGNED#{client_id}#{digest}"},
                "sk": {"S": "SIGNED"},
                "path": {"S": path or "-"},
                "expires": {"N": str(verified.expires + _KEPT_LONGER)},
            },
            ConditionExpression="attribute_not_exists(pk) OR #path = :path",
            ExpressionAttributeNames={"#path": "path"},
            ExpressionAttributeValues={":path": {"S": path or "nowhere"}},
        )
    except runtime.dynamodb.exceptions.ConditionalCheckFailedException as error:
        raise InvalidEnvelope(
            "signature was used before: sign every message anew, with a message_id of its own.",
            "err.signature.invalid",
        ) from error
