"""Authentication of administrative requests: of clients by this API's tokens, of people by their provider's.

The `iss` of a token decides by which of the two it is verified, and nothing of the other one is used after that.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dci_common.edge.bearer import BearerGate, bearer_token
from dci_common.errors import InsufficientScope, NotEntitled
from dci_common.operators.roles import Permission, roles_that_permit
from dci_common.scopes import CLIENTS_MANAGE, CLIENTS_READ

if TYPE_CHECKING:
    from dci_common.clients.access import Bearer
    from dci_common.edge.http import Request
    from dci_common.edge.operators import OperatorGate
    from dci_common.operators.access import OperatorBearer
    from dci_common.runtime import Runtime

_SCOPES = {  # of which any suffices; no client has another permission
    Permission.LOG: (CLIENTS_READ, CLIENTS_MANAGE),
    Permission.READ_CLIENTS: (CLIENTS_READ, CLIENTS_MANAGE),
    Permission.MANAGE_CLIENTS: (CLIENTS_MANAGE,),
}


class AdministratorGate:
    """Authenticates requests: their client has the scope, or their operator the role, that permits them."""

    def __init__(self, runtime: Runtime) -> None:
        self._clients = BearerGate(runtime)
        self._operators = _operator_gate(runtime) if runtime.settings.operator_issuer else None

    def bearer(self, request: Request, permission: Permission) -> Bearer | OperatorBearer:
        """Return who sent the request. Raises Unauthenticated, InsufficientScope, NotEntitled or Unavailable."""
        if self._operators and self._operators.is_issued(bearer_token(request)):
            return self._operators.bearer(request, permission)
        if permission in _SCOPES:
            return self._clients.bearer(request, *_SCOPES[permission])
        with suppress(InsufficientScope):  # which would ask for a scope, and none permits this
            self._clients.bearer(request, CLIENTS_READ)
        roles = " or ".join(roles_that_permit(permission))
        raise NotEntitled(f"This is open to people alone, who sign in with the role {roles}.")


def _operator_gate(runtime: Runtime) -> OperatorGate:
    from dci_common.edge.operators import OperatorGate  # noqa: PLC0415 - a deployment without operators does without

    return OperatorGate(runtime)
