"""The roles of operators, and what each of them permits. A role is a group of this name at the provider.

| role | audit | log | read clients | manage clients | send again | approve | view records |
|---|---|---|---|---|---|---|---|
| `auditor` | yes | yes | yes | | | | |
| `client-manager` | | yes | yes | yes | yes | | |
| `approver` | | yes | yes | | | yes | |
| `data-officer` | yes | yes | yes | | | | yes |

Nothing permits to search the registry, which is for clients alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType


class Permission(Enum):
    """What an administrative request needs."""

    AUDIT = "see who saw whom"
    LOG = "see who changed what"
    READ_CLIENTS = "see clients, keys, exchanges and subscriptions"
    MANAGE_CLIENTS = "change clients and keys"
    SEND_AGAIN = "have records sent again that could not be delivered"
    APPROVE = "approve a change"
    VIEW_RECORDS = "see a record"


_EVERYBODY = frozenset({Permission.LOG, Permission.READ_CLIENTS})
ROLES: Mapping[str, frozenset[Permission]] = MappingProxyType(
    {
        "auditor": _EVERYBODY | {Permission.AUDIT},
        "client-manager": _EVERYBODY | {Permission.MANAGE_CLIENTS, Permission.SEND_AGAIN},
        "approver": _EVERYBODY | {Permission.APPROVE},
        "data-officer": _EVERYBODY | {Permission.AUDIT, Permission.VIEW_RECORDS},
    }
)


def permits(roles: Iterable[str], permission: Permission) -> bool:
    """Return whether one of the roles permits something."""
    return any(permission in ROLES[role] for role in roles)


def roles_that_permit(permission: Permission) -> list[str]:
    """Return the roles of which one is needed."""
    return [role for role, permitted in ROLES.items() if permission in permitted]
