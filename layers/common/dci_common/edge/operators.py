"""Authentication of operators: their token is valid, a role permits the request, and they are not disabled here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_common.cache import AgingCache
from dci_common.edge.bearer import REVOCATION_SECONDS, bearer_token
from dci_common.errors import NotEntitled
from dci_common.operators.access import OperatorBearer, check_roles, disabled
from dci_common.operators.provider import Provider
from dci_common.operators.store import OperatorStore
from dci_common.operators.tokens import claims_issuer, verify_operator_token

if TYPE_CHECKING:
    from dci_common.edge.http import Request
    from dci_common.operators.operator import Operator
    from dci_common.operators.roles import Permission
    from dci_common.runtime import Runtime


class OperatorGate:
    """Authenticates the operators of a deployment that has a provider."""

    def __init__(self, runtime: Runtime) -> None:
        self._settings, self._clock = runtime.settings, runtime.clock
        self._provider = Provider(runtime)
        self._store = OperatorStore(runtime)
        self._admitted: AgingCache[Operator, bool] = AgingCache(REVOCATION_SECONDS, runtime.clock)

    def is_issued(self, token: str) -> bool:
        """Return whether a token says that it is the provider's; nothing of it is verified."""
        return claims_issuer(token) == self._settings.operator_issuer

    def bearer(self, request: Request, permission: Permission) -> OperatorBearer:
        """Return the operator who sent the request. Raises Unauthenticated, NotEntitled or Unavailable."""
        find = self._provider.finder(request.deadline)
        operator = verify_operator_token(bearer_token(request), self._settings, find, self._clock)
        request.log_fields["operator"] = operator.subject
        if not operator.roles:  # anyone else of the organisation, who is not recorded
            raise NotEntitled("None of your groups is a role of this API: ask for one at your provider.")
        if not self._admitted.get(operator, lambda: self._store.admit(operator)):
            raise disabled()
        check_roles(operator, permission)
        return OperatorBearer(operator)
