"""Revocation of a single access token before it expires (RFC 7009).

A revoked token is the item `REVOKED#<jti>`, `REVOKED` of ClientsTable, with `client_id`, and with `expires` (epoch
seconds), when the token would have expired. ClientStore.token_holder reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.oauth.tokens import VerifiedToken
    from dci_common.runtime import Runtime


def revoke(runtime: Runtime, token: VerifiedToken) -> None:
    """Revoke a token; idempotent."""
    runtime.dynamodb.put_item(
        TableName=runtime.settings.clients_table,
        Item={
            **revocation_key(token.token_id),
            "client_id": {"S": token.client_id},
            "expires": {"N": str(token.expires)},
        },
    )


def revocation_key(token_id: str) -> Item:
    """Return the key of the item that marks a token as revoked."""
    return {"pk": {"S": f"REVOKED#{token_id}"}, "sk": {"S": "REVOKED"}}
