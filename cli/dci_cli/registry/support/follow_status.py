"""The registry's own note of what it follows: which database, who follows it now, and how old its data is.

It is one item of RegistryTable. The follower writes it at the end of each pass; `dci doctor` and `dci registry stats`
read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from dci_common.registry.storage import keys

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class FollowStatus:
    """What the item says; empty where it says nothing.

    `moment` is the one whose data the registry has, in epoch seconds, and `outcome` why the last pass failed, if it
    did. `databases` are those whose records are this one's, which were adopted. `is_loading` says that a load of many
    records was begun and not finished, `token` which state belongs to the last pass. `restrictions` are the ids of
    deleted people whom an operator had restricted: if they come back, they are restricted again.
    """

    database: str = ""
    databases: frozenset[str] = frozenset()
    restrictions: frozenset[str] = frozenset()
    version: str = ""
    holder: str = ""
    expires: float = 0.0
    seen: float = 0.0
    moment: float = 0.0
    finished: float = 0.0
    outcome: str = ""
    token: str = ""
    is_loading: bool = False
    problems: int = 0

    @classmethod
    def read(cls, runtime: Runtime) -> Self:
        """Read the item of a registry's table."""
        table = runtime.settings.registry_table
        found = runtime.dynamodb.get_item(TableName=table, Key=keys.FOLLOW_KEY, ConsistentRead=True)
        return cls.of(found.get("Item", {}))

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return what an item says."""
        texts: dict[str, Any] = {
            name: item[name]["S"] for name in ("database", "version", "holder", "outcome", "token") if name in item
        }
        moments: dict[str, Any] = {
            name: float(item[name]["N"]) for name in ("expires", "seen", "moment", "finished") if name in item
        }
        return cls(
            **texts,
            **moments,
            databases=frozenset(item.get("databases", {}).get("SS", ())),
            restrictions=frozenset(item.get("restrictions", {}).get("SS", ())),
            is_loading="loading" in item,
            problems=int(item.get("problems", {"N": "0"})["N"]),
        )

    def age(self, now: float) -> str:
        """Return how old the registry's data is: `40 s`, `3 h`."""
        return duration(max(0.0, now - self.moment))


def problems_text(number: int) -> str:
    """Return how many records are not as the source has them, as a sentence; nothing for none."""
    if not number:
        return ""
    return (
        f"{number:,} records are not as the database has them."
        if number > 1
        else "1 record is not as the database has it."
    )


def duration(seconds: float) -> str:
    """Return a duration in its largest unit that fits: `40 s`, `12 min`, `3 h`, `4 days`."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds / _HOUR:.0f} h"
    return f"{seconds / _DAY:.0f} days"


def clock_time(epoch_seconds: float) -> str:
    """Return a moment for people, in UTC: `2026-03-01 09:30:00 UTC`."""
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
