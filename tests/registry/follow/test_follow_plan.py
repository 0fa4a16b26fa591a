"""The plan of a pass: in which order its changes are written."""

from __future__ import annotations

from dci_cli.registry.follow.plan import Plan
from dci_cli.registry.follow.source import SourceRecord
from dci_cli.registry.follow.state import State
from dci_cli.registry.follow.target import target_of
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Person


def test_people_who_become_restricted_are_written_first() -> None:
    """However much changes, nobody waits for their restriction, nor for the group that they join."""
    state = State("")
    with state.one_pass():
        plan = Plan(state.db)
        for number in range(1, 31):
            person = Person.model_validate(
                {"id": f"p{number}", **({"restricted": True} if number in (20, 30) else {})}
            )
            found = SourceRecord(number, Kind.PERSON, person, (), b"", contested=False, warnings=())
            plan.add(target_of(found, "database-1"), "")
        for planned in plan.records(Kind.PERSON):
            plan.set_changes(planned, [], [], put=True, new=planned.id == "p30")
        plan.assign(("p1", "p20", "p30"), "p99")
        written = [change.id for unit in plan.people() for change in unit.changes if isinstance(change, Person)]
    assert written[0] == "p20"
    assert {"p1", "p30"}.isdisjoint(written)
    assert len(written) == 28
