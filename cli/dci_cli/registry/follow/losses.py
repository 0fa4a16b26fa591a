"""What the source does not have any more: a pass stops when that is too much to be true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from dci_cli.command_error import CommandError
from dci_common.registry.model.base import Kind

if TYPE_CHECKING:
    from dci_cli.registry.follow.state import Key

MOST_PERCENT, MOST_RECORDS = 5, 20


class _Loss(NamedTuple):
    """So many of some things are gone, of which there were `of`."""

    number: int
    of: int
    what: str

    @property
    def is_much(self) -> bool:
        return self.number > MOST_RECORDS and self.number * 100 > self.of * MOST_PERCENT


class Losses:
    """The records that vanished, and how many parts of records did: identifiers, say, of people who are still there.

    `own` is how many people and groups are followed; of many people, all groups would be few. `before` and `now` are
    how many parts the source had at the last pass, and has.
    """

    def __init__(
        self, vanished: Iterable[Key], own: Mapping[Kind, int], before: Mapping[str, int], now: Mapping[str, int]
    ) -> None:
        self._gone = Counter(kind for kind, _ in vanished)
        self._own, self._before, self._now = own, before, now

    def check(self, allowed: int) -> None:
        """Raise CommandError when so much is lost at once that the database, or a grant, is probably wrong."""
        losses = [*self._records(), *self._parts()]
        most = max((loss.number for loss in losses), default=0)
        if most > allowed:
            texts = ", ".join(f"{loss.number:,} of {loss.of:,} {loss.what}" for loss in losses)
            raise CommandError(
                f"{texts} are not in the database any more, so nothing was changed: see that it is the right "
                "database, complete, with all grants. If they are really gone, repeat the command with "
                f"--allow-deletions {most}."
            )

    def _records(self) -> Iterator[_Loss]:
        people, groups = (_Loss(self._gone[kind], self._own[kind], "groups") for kind in Kind)
        both = _Loss(people.number + groups.number, people.of + groups.of, "people and groups")
        if any(loss.is_much for loss in (both, people, groups)):
            yield both if people.number else groups

    def _parts(self) -> Iterator[_Loss]:
        losses = (_Loss(of - self._now.get(what, 0), of, what) for what, of in self._before.items())
        return (loss for loss in losses if loss.is_much)
