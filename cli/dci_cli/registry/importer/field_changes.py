"""What an import changes, field by field: the table that a dry run prints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from dci_cli.terminal import Column
from dci_common.registry.model.views import View

COLUMNS = (
    Column("field"),
    Column("added", is_number=True),
    Column("changed", is_number=True),
    Column("removed", is_number=True),
)
_ADDED, _CHANGED, _REMOVED = range(3)
_NOT_COMPARED = {"id", "person_id", "group_id", "last_updated"}


class FieldChanges:
    """Counts the values that are added to, changed in and removed from what the registry has.

    The entries of a list are counted one by one, as added and removed.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(self, what: str, before: View, after: View) -> None:
        """Count the changes of a person, group or membership."""
        if before == after:
            return
        old, new = _flat(before), _flat(after)
        for name in (old.keys() | new.keys()) - _NOT_COMPARED:
            for at, number in enumerate(_changes(old.get(name), new.get(name))):
                self._counts[what, name][at] += number

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield a row of the table for each field that changes."""
        for (what, name), counts in sorted(self._counts.items()):
            if any(counts):
                yield f"{what} {name}", *(f"{number:,}" for number in counts)  # type: ignore[misc]


def _changes(old: Any, new: Any) -> list[int]:  # noqa: ANN401 - any JSON value
    counts = [0, 0, 0]
    if isinstance(old, list) or isinstance(new, list):
        counts[_ADDED] = sum(entry not in (old or ()) for entry in new or ())
        counts[_REMOVED] = sum(entry not in (new or ()) for entry in old or ())
        counts[_CHANGED] = int(old != new and not any(counts))  # their order
    elif old != new:
        counts[_ADDED if old is None else _REMOVED if new is None else _CHANGED] = 1
    return counts


def _flat(fields: View) -> View:
    """Return fields by their names, those of an object such as a name as `name.surname`."""
    flat: View = {}
    for name, value in fields.items():
        inner = value.items() if isinstance(value, dict) else ()
        flat |= {f"{name}.{part}": some for part, some in inner} or {name: value}
    return flat
