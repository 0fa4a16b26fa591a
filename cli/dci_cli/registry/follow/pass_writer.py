"""Writes what a pass has planned: each household in one transaction, with what the registry refuses apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from dci_cli.parallel import in_parallel_apart
from dci_cli.registry.follow.identifiers import OwnedIdentifiers
from dci_cli.registry.follow.plan import Plan, Unit
from dci_cli.registry.follow.target import merged
from dci_cli.registry.support.progress import Progress
from dci_common.registry.errors import RegistryBusy, WriteRefused
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.model.views import View
from dci_common.registry.write.put_changes import Change, Removal
from dci_common.registry.write.writer import RegistryWriter

if TYPE_CHECKING:
    from dci_cli.registry.follow.report import Report
    from dci_cli.registry.follow.state import Key, State
    from dci_common.runtime import Runtime

_MOST_ACTIONS = 80  # of the 100 that a transaction may have: others' views may follow
_ACTIONS: dict[type, int] = {Person: 4, Group: 6, Membership: 4, Removal: 4}  # about as many as a change takes
_RANKS: dict[type, int] = {Person: 0, Group: 1, Removal: 2, Membership: 3}
Refused = list[tuple[Change, WriteRefused]]


@dataclass(slots=True)
class _Outcome:
    """What became of changes: how many were made, and which are refused or met other writers."""

    made: int = 0
    refused: Refused = field(default_factory=list)
    busy: list[Change] = field(default_factory=list)

    def add(self, other: _Outcome) -> None:
        self.made += other.made
        self.refused += other.refused
        self.busy += other.busy


class PassWriter:
    """Writes a plan. `check` is called before each transaction, and raises what ends the pass."""

    def __init__(
        self,
        plan: Plan,
        writer: RegistryWriter,
        runtime: Runtime,
        pool: ThreadPoolExecutor,
        *,
        databases: Set[str],
        check: Callable[[], None],
    ) -> None:
        self._plan, self._writer, self._pool = plan, writer, pool
        self._identifiers = OwnedIdentifiers(runtime)
        self._databases, self._check = databases, check
        self._problems: dict[Key, str] = {}
        self._unwritten: set[Key] = set()

    def run(self, state: State, report: Report) -> None:
        """Write everything, and note in the state what the registry has then. Raises RegistryBusy."""
        total = sum(self._plan.counts.values())
        if not total:
            return
        with Progress("Changing", "changes", total) as progress:
            outcome = _Outcome()
            for units in (_joined(self._plan.people()), self._plan.groups()):
                for one in in_parallel_apart(self._pool, self._write, self._checked(units), attrgetter("keys")):
                    outcome.add(one)
                    progress.advance(one.made)
            alone = self._write_all(_in_order(outcome.busy))
            if alone.busy:
                raise RegistryBusy
            self._solve(self._try_again(outcome.refused + alone.refused))
        self._note(state, report)

    def _checked(self, units: Iterable[Unit]) -> Iterator[Unit]:
        for unit in units:
            self._check()
            yield unit

    def _write(self, unit: Unit) -> _Outcome:
        """Write a unit; one that is large in several steps."""
        if sum(_ACTIONS[type(change)] for change in unit.changes) <= _MOST_ACTIONS:
            return self._write_all(unit.changes)
        outcome = _Outcome()
        for step in _steps(unit.changes):
            outcome.add(self._write_all(step))
        return outcome

    def _write_all(self, changes: Sequence[Change]) -> _Outcome:
        """Make changes at once; if one of them is refused, in smaller parts."""
        if not changes:
            return _Outcome()
        try:
            self._writer.put_all(changes, self._merge)
        except WriteRefused as refusal:
            if len(changes) == 1:
                return _Outcome(refused=[(changes[0], refusal)])
            half, outcome = len(changes) // 2, _Outcome()
            for some in (changes[:half], changes[half:]):
                outcome.add(self._write_all(some))
            return outcome
        except RegistryBusy:
            return _Outcome(busy=list(changes))
        return _Outcome(len(changes))

    def _merge(self, record: Person | Group, stored: View) -> Person | Group:
        return merged(record, stored, self._databases)

    def _try_again(self, refused: Refused) -> Refused:
        """Make changes again as long as one is accepted: it may give up an identifier that another needs."""
        while refused:
            outcome = _Outcome()
            for change in _in_order(change for change, _ in refused):
                outcome.add(self._write_all([change]))
            if outcome.busy:
                raise RegistryBusy
            refused = outcome.refused
            if not outcome.made:
                break
        return refused

    def _solve(self, refused: Refused) -> None:
        """Write records that others keep from being written, as far as they can be."""
        records = [change for change, _ in refused if isinstance(change, Person | Group)]
        # Those that exchange identifiers give up all of theirs first.
        for record in self._identifiers.exchanged(records):
            self._write_all([record.model_copy(update={"identifiers": ()})])
        left: Refused = []
        for change, refusal in self._try_again(refused):
            if isinstance(change, Person | Group):
                without, taken = self._identifiers.without_taken(change)
                if taken:
                    self._problems[_key(change)] = f"left out, because another record has it: {taken}."
                    left += self._write_all([without]).refused
                    continue
            left.append((change, refusal))
        for change, refusal in self._try_again(left):
            self._refuse(change, refusal)

    def _refuse(self, change: Change, refusal: WriteRefused) -> None:
        what = "it"
        if isinstance(change, Person | Group):
            self._unwritten.add(_key(change))
        else:
            what = f"the membership of the person {change.person_id}"
        self._problems[_key(change)] = f"{what} is not written: {refusal}"

    def _note(self, state: State, report: Report) -> None:
        for kind, id_, source_id, digest, is_new in self._plan.noted():
            key = kind, id_
            if problem := self._problems.get(key):
                is_written = not (is_new and key in self._unwritten)
                is_news = state.set_problem(source_id, key, digest, problem, is_own=is_written)
                report.problem(*key, problem, is_news=is_news)
            else:
                state.set_known(source_id, key, digest)


def _key(change: Change) -> Key:
    """Return the record by whose digest a change is made: that of a membership is its group's."""
    match change:
        case Person():
            return Kind.PERSON, change.id
        case Group():
            return Kind.GROUP, change.id
    return Kind.GROUP, change.group_id


def _in_order(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: _RANKS[type(change)])


def _steps(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield the changes of a large group: people and removals in parts, then the group with all who join it."""
    for kind in (Person, Removal):
        some: list[Change] = [change for change in changes if isinstance(change, kind)]
        size = _MOST_ACTIONS // _ACTIONS[kind]
        yield from (some[start : start + size] for start in range(0, len(some), size))
    yield [change for change in changes if isinstance(change, Group | Membership)]


def _joined(units: Iterator[Unit]) -> Iterator[Unit]:
    """Yield units of several ones that follow one another, as large as fit into a transaction."""
    current = Unit([], set())
    for unit in units:
        if current.changes and _ACTIONS[Person] * (len(current.changes) + len(unit.changes)) > _MOST_ACTIONS:
            yield current
            current = Unit([], set())
        current.changes.extend(unit.changes)
        current.keys.update(unit.keys)
    if current.changes:
        yield current
