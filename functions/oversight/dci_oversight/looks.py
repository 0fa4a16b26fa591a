"""The looks of operators, recorded as audit items: who looked, where, at which records, and why.

| attribute | holds |
|---|---|
| `operator`, `operator_name` | the issuer and the subject of the person's token, and the name in it |
| `route` | the route: `audit`, `audit/statement`, `usage`, `administration-log`, `records/person`, `records/group` |
| `query` | the parameters, as JSON; the index by record has none |
| `reason` | what the person gave as the reason |
| `records` | the keys of the records that were looked at, if they were named |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.aws.new_item import put_new_item
from dci_common.errors import Unavailable
from dci_common.exchange.audit import audit_key
from dci_common.json_text import json_text

if TYPE_CHECKING:
    from dci_common.edge.http import Request
    from dci_common.operators.operator import Operator
    from dci_common.runtime import Runtime

_DAY = 86_400
_NOT_ASKED = ("next", "limit", "format", "reason")


class Look:
    """The look that a request is; `by` is None for a client, whose requests are not looks."""

    def __init__(self, runtime: Runtime, request: Request, by: Operator | None) -> None:
        self._runtime = runtime
        self._request = request
        self._by = by

    def record(self, route: str, parameters: Mapping[str, str], records: Iterable[str] = ()) -> None:
        """Write the look. Raises Unavailable when that fails: nothing may be shown then."""
        if self._by is None:
            return
        try:
            put_new_item(self._runtime, self._runtime.settings.audit_table, self._item(route, parameters, records))
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("The look cannot be recorded; try again shortly.", retry_after=5) from error

    def _item(self, route: str, parameters: Mapping[str, str], records: Iterable[str]) -> dict[str, Any]:
        now, days = self._runtime.clock(), self._runtime.settings.audit_days
        pk, sk = audit_key(now, self._runtime.random_bytes(9))
        asked = {name: value for name, value in parameters.items() if name not in _NOT_ASKED}
        texts = {
            "operator": self._by.id if self._by else "",
            "operator_name": self._by.readable_name if self._by else "",
            "route": route,
            "correlation_id": self._request.correlation_id,
            "query": json_text(asked) if asked else "",
            "reason": parameters.get("reason", ""),
        }
        keys = sorted(set(records))
        return {
            "pk": {"S": pk},
            "sk": {"S": f"{sk}#0"},
            **{name: {"S": value} for name, value in texts.items() if value},
            **({"records": {"SS": keys}} if keys else {}),
            **({"expires": {"N": str(int(now) + days * _DAY)}} if days else {}),
        }
