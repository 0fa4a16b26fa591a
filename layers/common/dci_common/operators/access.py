"""What an operator may do with a token: its roles decide, unless the operator is disabled here."""

from __future__ import annotations

from typing import NamedTuple

from dci_common.errors import NotEntitled, Unauthenticated
from dci_common.operators.operator import Operator
from dci_common.operators.roles import Permission, permits, roles_that_permit


class OperatorBearer(NamedTuple):
    """A person with a verified token, who was enabled when they were read."""

    operator: Operator


def check_roles(operator: Operator, permission: Permission) -> None:
    """Raise NotEntitled unless one of the operator's roles permits something."""
    if not permits(operator.roles, permission):
        roles = " or ".join(roles_that_permit(permission))
        raise NotEntitled(f"None of your roles permits this: ask for the group {roles} at your provider.")


def disabled() -> Unauthenticated:
    """Return the error of an operator who is disabled here."""
    return Unauthenticated("The operator is disabled in this deployment.", token_sent=True)
