"""A stub until the matching of changes with subscriptions is merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dci_common.runtime import Runtime
    from dci_common.subscriptions.changed_record import ChangedRecord


class Matching:
    """Finds the subscriptions that changes of records are events to."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def tell(self, changed: Sequence[ChangedRecord]) -> None:
        """Put the events of changed records into the outbox."""
