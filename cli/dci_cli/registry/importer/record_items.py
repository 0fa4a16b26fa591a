"""New records as items, written in batches.

A record's own item is written after its lookups and memberships. So a record that the table has is complete, and an
import that was interrupted can continue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dci_cli.parallel import chunks
from dci_common.aws.dynamodb import Item
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import UNMARKED, Marks, all_items, sides

_WINDOW = 1000  # records whose other items are written before their own

Put = Callable[[Iterable[Item]], None]


def write_views(
    views: Iterable[tuple[Kind, View]],
    indexing: Indexing,
    put: Put,
    advance: Callable[[int], None],
    marks: Marks = UNMARKED,
) -> None:
    """Write all items of records. `put` returns when its items are written; `advance` gets the number of records.

    A membership is written with its group, so groups come first.
    """
    for window in chunks(views, _WINDOW):
        records: list[Item] = []
        put(_other_items(window, indexing, records, marks))
        put(records)
        advance(len(window))


def items_of(kind: Kind, view: View, indexing: Indexing, marks: Marks = UNMARKED) -> Iterator[Item]:
    """Yield every item of a new record, its own first; a group comes with its memberships."""
    yield from all_items(indexing, kind, view, marks)
    for member in view.get("members", ()):
        yield from sides(member["id"], view["id"], member)


def _other_items(
    window: Iterable[tuple[Kind, View]], indexing: Indexing, records: list[Item], marks: Marks
) -> Iterator[Item]:
    """Yield the items other than the records' own, which are appended to `records`."""
    for kind, view in window:
        record, *others = items_of(kind, view, indexing, marks)
        records.append(record)
        yield from others
