"""Restrictions that the source lifts, unless they are too many to be true, and those that outlive a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock

from dci_cli.command_error import CommandError
from dci_cli.registry.follow.target import Target, restricted_here

MOST_PERCENT, MOST_PEOPLE = 5, 20


def check_lifted(lifted: int, still: int, allowed: int, *, is_said: bool) -> None:
    """Raise CommandError when so many people lose their restriction at once that an option or a table is missing.

    `still` are those whom the source restricts now, and `is_said` whether it is asked for them at all.
    """
    if lifted <= allowed:
        return
    if not is_said:
        reason = "give --restricted-tag as before"
    elif (lifted > 1 and not still) or (lifted > MOST_PEOPLE and lifted * 100 > (lifted + still) * MOST_PERCENT):
        reason = "see that the tag and the table of tagged people are complete"
    else:
        return
    who = "people" if lifted > 1 else "person"
    raise CommandError(
        f"{lifted:,} {who} would not be restricted any more, so nothing was changed: {reason}. If nobody "
        f"has to protect them any more, repeat the command with --allow-unrestricted {lifted}."
    )


class KeptRestrictions:
    """The people whom an operator restricted and who left the source: archived, say, and restored an hour later.

    `note` writes their ids, before the first of them is deleted.
    """

    def __init__(self, ids: Iterable[str], note: Callable[[frozenset[str]], None]) -> None:
        self._ids, self._note, self._lock = frozenset(ids), note, Lock()

    def keep(self, id_: str) -> None:
        """Keep the restriction of a person who is about to be deleted. Threads may share it."""
        with self._lock:
            if id_ not in self._ids:
                self._note(self._ids | {id_})
                self._ids |= {id_}

    def applied(self, target: Target) -> Target:
        """Return a record with its restriction, if one was kept."""
        if target.id not in self._ids:
            return target
        return Target(
            target.source_id, target.kind, restricted_here(target.record), target.memberships, target.digest
        )

    def left(self, is_there: Callable[[str], bool]) -> frozenset[str]:
        """Return those of people who are not there: the others' records have them now."""
        return frozenset(id_ for id_ in self._ids if not is_there(id_))
