"""The registry's secret key of the ids that an import gives.

Results are in the order of ids. An id that followed from an identifier by a known digest would reveal to a partner
something of identifiers that are not disclosed to it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from dci_common.registry.storage import keys
from dci_common.registry.storage.items import ID_KEY

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime
    from dci_common.registry.storage.store import RegistrySettings

_BYTES = 16


class IdKey:
    """Returns the key that the registry has, or gets when the first id is given.

    `value` is empty until there is one. A registry without settings gets the key with them; `is_kept` says whether
    one is made at all. A dry run makes none.
    """

    def __init__(
        self,
        runtime: OperatorRuntime | None = None,
        settings: RegistrySettings | None = None,
        *,
        is_kept: bool = True,
    ) -> None:
        self._runtime = runtime if settings else None
        self._is_kept = is_kept
        self.value = settings.id_key if settings else ""

    def __call__(self) -> str:
        """Return the key."""
        if not self.value and self._is_kept:
            self.value = self._add(secrets.token_hex(_BYTES))
        return self.value

    def _add(self, key: str) -> str:
        """Add a key to the settings that the registry has, unless another import did; return the one that it has."""
        if not self._runtime:
            return key
        answer = self._runtime.dynamodb.update_item(
            TableName=self._runtime.settings.registry_table,
            Key=keys.REGISTRY_KEY,
            UpdateExpression=f"SET {ID_KEY} = if_not_exists({ID_KEY}, :key)",
            ExpressionAttributeValues={":key": {"S": key}},
            ReturnValues="UPDATED_NEW",
        )
        return answer["Attributes"][ID_KEY]["S"]
