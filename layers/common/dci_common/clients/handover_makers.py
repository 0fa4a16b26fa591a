"""Whether the maker of a handover may still change clients: nothing that they left behind outlives their access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dci_common.clients.handover_items import LIFETIME_SECONDS
from dci_common.clients.items import client_key
from dci_common.clients.store import ClientStore
from dci_common.operators.store import ENABLED, IS_ENABLED, OperatorStore, operator_key
from dci_common.scopes import CLIENTS_MANAGE

if TYPE_CHECKING:
    from dci_common.clients.changes import Action
    from dci_common.clients.handover_items import Handover
    from dci_common.runtime import Runtime

_IS_MANAGER: dict[str, Any] = {
    "ConditionExpression": "#status = :enabled AND contains(scopes, :manage) "
    "AND (attribute_not_exists(tokens_not_before) OR tokens_not_before <= :made)",
    "ExpressionAttributeNames": {"#status": "status"},
    "ExpressionAttributeValues": {":enabled": {"S": "enabled"}, ":manage": {"S": CLIENTS_MANAGE}},
}


def is_permitted(runtime: Runtime, handover: Handover) -> bool:
    """Return whether the maker is enabled, and, if it is a client, still holds the scope, and tokens of that time.

    A handover that was made with a stolen token ends with the client's tokens. The roles of a person are known from
    their token alone.
    """
    if handover.by_operator:
        operator = OperatorStore(runtime).find(handover.made_by)
        return operator is not None and operator.status == ENABLED
    client = ClientStore(runtime).find(handover.made_by, consistent=True)
    if client is None or client.status != "enabled" or CLIENTS_MANAGE not in client.scopes:
        return False
    return client.tokens_not_before <= _made(handover)


def maker_check(handover: Handover) -> list[Action]:
    """Return the condition of a transaction that says the same.

    A transaction has one action for each item: a client that made its own handover is checked by its version.
    """
    if handover.by_operator:
        return [{"ConditionCheck": {"Key": operator_key(handover.made_by), **IS_ENABLED}}]
    if handover.made_by == handover.owner:
        return []
    values = {**_IS_MANAGER["ExpressionAttributeValues"], ":made": {"N": str(_made(handover))}}
    check = {"Key": client_key(handover.made_by), **_IS_MANAGER, "ExpressionAttributeValues": values}
    return [{"ConditionCheck": check}]


def _made(handover: Handover) -> int:
    """Return the second in which it was made, as `iat` has it of a token."""
    return handover.expires - LIFETIME_SECONDS
