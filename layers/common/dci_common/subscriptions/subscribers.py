"""What operators do for subscribers that cannot be notified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_common.errors import NotFound
from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.subscriptions.channels import Channels

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


class Subscribers:
    """Changes whether clients are notified."""

    def __init__(self, runtime: Runtime) -> None:
        self._channels = Channels(runtime)
        self._places = WorkerPlaces(runtime)

    def resume(self, client_id: str) -> None:
        """Have a client's events sent again, also where its receiver said that it is gone. Raises NotFound.

        What was paused goes on within a minute, or an hour in the latter case; pages that failed must be redriven.
        """
        is_resumed = self._places.resume(client_id)
        if not self._channels.resume(client_id) and not is_resumed:
            raise NotFound(
                "Notifications to this client are not paused: `dci subscriptions list --failing` lists those that"
                " are."
            )
