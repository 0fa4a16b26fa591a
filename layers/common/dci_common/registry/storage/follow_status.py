"""The registry's own note of what it follows: which database, who follows it now, and how old its data is.

It is one item of RegistryTable. The follower writes it at the end of each pass; `dci doctor`, `dci registry stats`
and the overview read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from dci_common.registry.storage import keys

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime

OLD_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class FollowStatus:
    """What the item says; empty where it says nothing.

    `moment` is the one whose data the registry has, in epoch seconds, and `outcome` why the last pass failed, if it
    did. `databases` are those whose records are this one's, which were adopted. `is_loading` says that a load of many
    records was begun and not finished, `token` which state belongs to the last pass. `restrictions` are the ids of
    deleted people whom an operator had restricted: if they come back, they are restricted again. `parts` are how many
    identifiers, phone numbers and so on the database had. `is_following` says that a service makes passes;
    otherwise the registry was loaded once, and may be old.
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
    is_following: bool = False
    parts: Mapping[str, int] = field(default_factory=dict)
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
            is_following="following" in item,
            parts={name: int(value["N"]) for name, value in item.get("parts", {"M": {}})["M"].items()},
            problems=int(item.get("problems", {"N": "0"})["N"]),
        )

    def is_old(self, now: float) -> bool:
        """Return whether the registry's data needs somebody: none was read, or it is followed and 15 minutes old."""
        return not self.moment or (self.is_following and now - self.moment > OLD_SECONDS)
