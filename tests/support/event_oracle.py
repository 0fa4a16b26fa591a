"""The brute-force oracle of events: which a client receives of a change, by the registry before and after it.

It shares with the product only what a search finds and shows, which defines what the client may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dci_cli.local.demo import Population
from dci_common.exchange.compiled_search import CompiledSearch
from dci_common.registry.model.base import Kind
from support.hidden_people import without_hidden_people
from support.oracle import Oracle
from support.registries import TODAY


@dataclass(frozen=True)
class Sight:
    """What a client finds in a registry by a subscription: the people who are hidden from it do not exist for it."""

    population: Population
    search: CompiledSearch

    @cached_property
    def known(self) -> Population:
        """The records that the client may know of."""
        return self.population if self.search.visibility.restricted else without_hidden_people(self.population)

    @cached_property
    def oracle(self) -> Oracle:
        """The views of these records."""
        return Oracle.of(self.known, entitled=self.search.visibility.restricted)

    @cached_property
    def found(self) -> dict[str, Any]:
        """The records that match, as the client sees them, by their ids."""
        kind, tree, today = self.search.query
        views = self.oracle.records[kind]
        render, disclosed = self.search.record_type.render, self.search.disclosure
        return {id_: render(views[id_], disclosed, today) for id_ in self.oracle.found(kind, tree)}

    @cached_property
    def exists(self) -> set[str]:
        """The ids of all records of the kind."""
        return set(self.oracle.records[self.search.query.kind])

    @cached_property
    def together(self) -> set[tuple[str, str]]:
        """Each record with each other one that it belongs together with today, as far as the client sees that."""
        if "household" not in self.search.disclosure:
            return set()
        now = [
            (one.person_id, one.group_id)
            for one in self.known.memberships
            if (one.start is None or one.start <= TODAY) and (one.end is None or one.end > TODAY)
        ]
        return set(now) if self.search.query.kind is Kind.PERSON else {(group, person) for person, group in now}

    @property
    def identified(self) -> set[str]:
        """The ids of the records that show the client an identifier."""
        records = [*self.known.people, *self.known.groups]
        return {one.id for one in records if one.identifiers} if "identifier" in self.search.disclosure else set()


def expected_events(asked: str, before: Sight, after: Sight) -> dict[str, str]:
    """Return the event that the client receives of each record, by its id."""
    events: dict[str, str] = {}
    known = before.identified
    appeared, gone = after.found.keys() - before.found.keys(), before.found.keys() - after.found.keys()
    stayed = before.found.keys() & after.found.keys()
    if asked == "REGISTER":
        events |= dict.fromkeys(appeared - before.exists, "registered")
    if asked in {"REGISTER", "UPDATE"}:
        events |= dict.fromkeys(appeared & before.exists, "entered")
    if asked in {"DEREGISTER", "UPDATE"}:
        events |= dict.fromkeys(gone & after.exists & known, "left")
    if asked == "DEREGISTER":
        events |= dict.fromkeys((gone - after.exists) & known, "deregistered")
    if asked == "UPDATE":
        events |= {id_: "updated" for id_ in stayed if before.found[id_] != after.found[id_]}
    if asked == "NewHouseHoldMember":
        joined = {id_ for id_, _ in after.together - before.together}
        events |= dict.fromkeys(stayed & joined, "joined")
    return events
