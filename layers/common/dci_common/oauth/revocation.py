"""Whether a token is still in force, and how a single one is ended before its time.

A revoked token is `REVOKED#<jti>`, `REVOKED` in ClientsTable, with its client's id, until it would have been over
(`expires`, epoch seconds).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import Unmetered, batch_get
from dci_common.clients.store import Client, client_from_item, client_key

if TYPE_CHECKING:
    from dci_common.deadline import Deadline
    from dci_common.oauth.tokens import VerifiedToken
    from dci_common.runtime import Runtime


def client_in_force(runtime: Runtime, grant: VerifiedToken, deadline: Deadline | None = None) -> Client | None:
    """Return the client of a verified token; None when it is not enabled, or the token was ended.

    A token is ended when it was revoked, or issued before its client's `tokens_not_before`.
    """
    keys = [client_key(grant.client_id), _revoked_key(grant.token_id)]
    found = batch_get(
        runtime.dynamodb, runtime.settings.clients_table, keys, account=Unmetered(deadline) if deadline else None
    )
    items = {item["sk"]["S"]: item for item in found}
    if "REVOKED" in items or "CLIENT" not in items:
        return None
    client = client_from_item(items["CLIENT"])
    holds = client.status == "enabled" and grant.issued >= client.tokens_not_before
    return client if holds else None


def revoke(runtime: Runtime, grant: VerifiedToken) -> None:
    """End a token; one that is ended already stays so."""
    runtime.dynamodb.put_item(
        TableName=runtime.settings.clients_table,
        Item={
            **_revoked_key(grant.token_id),
            "client_id": {"S": grant.client_id},
            "expires": {"N": str(grant.expires)},
        },
    )


def _revoked_key(token_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"REVOKED#{token_id}"}, "sk": {"S": "REVOKED"}}
