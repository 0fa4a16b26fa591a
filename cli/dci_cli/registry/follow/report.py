"""What a pass says: counts, and what is not as the source has it, in the operator's words."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dci_cli.registry.files.private_table import PrivateTable
from dci_cli.registry.follow.source import SourceWarning
from dci_common.registry.model.base import Kind

_SHOWN = 10
_NOUNS = {Kind.PERSON: ("person", "people"), Kind.GROUP: ("group", "groups")}


@dataclass
class Report:
    """The counts of one pass, and its sentences. With a `path`, a table has all of them with the source's ids."""

    path: Path | None = None
    new: Counter[Kind] = field(default_factory=Counter)
    changed: Counter[Kind] = field(default_factory=Counter)
    deleted: Counter[Kind] = field(default_factory=Counter)
    version: str = ""
    read: int = 0
    left: int = 0  # records that are not as the source has them
    not_granted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fields: list[tuple[str, str, str, str]] = field(default_factory=list)
    _warnings: Counter[str] = field(default_factory=Counter)
    _problems: list[str] = field(default_factory=list)
    _table: PrivateTable | None = None

    def warn(self, kind: Kind, warnings: Iterable[SourceWarning]) -> None:
        """Count what the source left out of a record that changes."""
        for one in warnings:
            self._warnings[one.what] += 1
            self._write(kind, str(one.source_id), one.field, one.what)

    def problem(self, kind: Kind, id_: str, what: str, *, is_news: bool = True) -> None:
        """Say what is wrong with a record; what was said by the last pass is counted only."""
        self._write(kind, id_, "", what)
        if is_news:
            self._problems.append(f"{kind.lower()} {id_}: {what}")

    @property
    def is_change(self) -> bool:
        """Whether anything is written."""
        return any(counter.total() for counter in (self.new, self.changed, self.deleted))

    def summary(self, *, would: bool = False) -> str:
        """Return what changes, as a line."""
        parts = [
            f"{counted(counter)} {word}"
            for counter, word in ((self.new, "new"), (self.changed, "changed"), (self.deleted, "deleted"))
            if counter.total()
        ]
        return ("; ".join(parts) if parts else "nothing changed") + (". Nothing was written" if would else "") + "."

    def grants(self) -> str:
        """Return what the source does not let its user read, as a line; nothing if that is nothing."""
        if not self.not_granted:
            return ""
        tables = (f"{table} ({', '.join(names)})" if names else table for table, names in self.not_granted.items())
        return f"Left out, because the database's user may not read it: {', '.join(tables)}."

    def print_details(self) -> None:
        """Print warnings and problems on stderr."""
        for what, number in self._warnings.most_common(_SHOWN):
            print(f"{number:,} record{'s'[: number != 1]}: {what}", file=sys.stderr)
        for line in self._problems[:_SHOWN]:
            print(line, file=sys.stderr)
        if len(self._problems) > _SHOWN:
            print(f"... and {len(self._problems) - _SHOWN:,} more; --report FILE has all of them.", file=sys.stderr)

    def close(self) -> None:
        """Complete the table."""
        if self._table:
            self._table.close()

    def _write(self, kind: Kind, id_: str, column: str, what: str) -> None:
        if self.path and not self._table:
            self.path.unlink(missing_ok=True)
            self._table = PrivateTable(self.path, ("kind", "id", "column", "what"), ",")
        if self._table:
            self._table.write([kind.lower(), id_, column, what])


def counted(counter: Counter[Kind] | dict[Kind, int]) -> str:
    """Return numbers of people and groups: `1 person, 3 groups`."""
    texts = [f"{counter[kind]:,} {_NOUNS[kind][counter[kind] != 1]}" for kind in Kind if counter.get(kind)]
    return ", ".join(texts) or "nobody"
