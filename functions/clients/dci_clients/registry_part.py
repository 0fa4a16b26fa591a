"""The part of the overview about the database that the registry follows: how old its data is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dci_common.registry.storage.follow_status import FollowStatus
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


def followed(runtime: Runtime) -> dict[str, Any]:
    """Return what the registry follows, and whether its data is old; nothing if it follows nothing.

    The reason of a failure has no value of a registrant: the follower writes it so. The ids of databases, and the
    follower's host, are left out.
    """
    status, now = FollowStatus.read(runtime), runtime.clock()
    if not (status.database or status.outcome):
        return {}
    moments = {"as_of": status.moment, "last_pass": status.finished}
    return {
        **({"follows": status.version} if status.version else {}),
        **{name: timestamp(moment) for name, moment in moments.items() if moment},
        "outcome": "failed"
        if status.outcome
        else "loading"
        if status.is_loading or not status.finished
        else "succeeded",
        **({"reason": status.outcome} if status.outcome else {}),
        "records_apart": status.problems,
        "is_following": status.is_following,
        "is_old": status.is_old(now),
    }
