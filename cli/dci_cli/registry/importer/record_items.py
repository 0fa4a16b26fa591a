"""Writing what is new to the registry in batches.

First go the items that find the records and that they refer to, last the records themselves: so a record that is
there is whole, and an interrupted import goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from dci_cli.registry.support.parallel import chunks
from dci_common.aws.dynamodb import Item
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import all_items, sides

_WINDOW = 1000  # records whose lookups and memberships are written before the first of them

Put = Callable[[Iterable[Item]], None]


def write_views(
    views: Iterable[tuple[Kind, View]], shards: int, today: date, put: Put, advance: Callable[[int], None]
) -> None:
    """Write records, with all that belongs to them. `put` returns when all that it is given is written.

    `advance` hears how many records are there. A membership is written with its group, so groups come first.
    """
    for window in chunks(views, _WINDOW):
        records: list[Item] = []
        put(_other_items(window, shards, today, records))
        put(records)
        advance(len(window))


def items_of(kind: Kind, view: View, shards: int, today: date) -> Iterator[Item]:
    """Yield every item of a new record, its own first; with a group the memberships in it."""
    yield from all_items(Indexing(SOCIAL_CATALOGUE, shards, today), kind, view)
    for member in view.get("members", ()):
        yield from sides(member["id"], view["id"], member)


def _other_items(
    window: Iterable[tuple[Kind, View]], shards: int, today: date, records: list[Item]
) -> Iterator[Item]:
    """Yield all items but the records' own, which go to `records`."""
    for kind, view in window:
        record, *others = items_of(kind, view, shards, today)
        records.append(record)
        yield from others
