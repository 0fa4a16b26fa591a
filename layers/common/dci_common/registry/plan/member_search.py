"""Conditions on a group's members: which people are searched for, and the groups in which one fulfils the condition.

A person's index entry carries their households and what they are in them, so most conditions are decided by entries
alone. Conditions on what is looked up are decided by bodies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, member_entry, own_fields, related_entries
from dci_common.registry.plan.filter import Projection, holds
from dci_common.registry.query.tree import And, AnyRelated, Compare, Node, Not, Or, leaves, matches
from dci_common.registry.storage.facets import HOUSEHOLD_FACETS, Facets

if TYPE_CHECKING:
    from dci_common.registry.plan.search_plan import SearchPlan


class MemberSearch(NamedTuple):
    """A condition on a group's members, and the search for the people who may fulfil it."""

    condition: AnyRelated
    people: SearchPlan

    def groups_of(self, people: Iterable[View]) -> frozenset[str]:
        """Return the groups in which one of these people fulfils the condition."""
        today = self.people.query.today
        return frozenset(
            entry["id"]
            for person in people
            for entry in related_entries(person, today)
            if matches(self.condition.child, member_entry(own_fields(person), entry), today)
        )

    @property
    def is_in_entries(self) -> bool:
        """Whether people's index entries have all that the condition is about, as groups show their members."""
        return all(isinstance(leaf, Compare) and _is_in_entries(leaf) for leaf in leaves(self.condition.child))

    @property
    def projection(self) -> Projection:
        """The facets that the condition is about, and the ids of the households."""
        compared = {leaf.attribute.name for leaf in leaves(self.condition.child) if isinstance(leaf, Compare)}
        own = [(name,) for name in compared - self._of_membership]
        of_household = {"id", *self._of_membership}
        return Projection.of([*own, *((home, name) for home in HOUSEHOLD_FACETS for name in of_household)])

    @property
    def _of_membership(self) -> frozenset[str]:
        """The names of the attributes that the condition compares of memberships, and not of people."""
        compared = (leaf.attribute for leaf in leaves(self.condition.child) if isinstance(leaf, Compare))
        return frozenset(attribute.name for attribute in compared if not attribute.kinds)

    def groups_in(self, entries: Iterable[Facets]) -> frozenset[str]:
        """Return the groups in which the person of one of these index entries fulfils the condition."""
        condition, names = self.condition.child, self._of_membership
        return frozenset(
            household["id"]
            for facets in entries
            for household in (facets[home] for home in HOUSEHOLD_FACETS if home in facets)
            if holds(condition, {**facets, **{name: household[name] for name in names & household.keys()}})
        )


def people_condition(child: Node) -> Node:
    """Return what all people fulfil for whom `child`, a condition on members, holds in some household."""
    own = _relaxed(child, Kind.PERSON, positive=True)
    if all(leaf.attribute.kinds for leaf in leaves(child) if isinstance(leaf, Compare)):
        return own
    return And((own, AnyRelated(_relaxed(child, None, positive=True))))


def _relaxed(node: Node, kind: Kind | None, *, positive: bool) -> Node:
    """Return the conditions on people of `node`, or those on memberships, that hold wherever `node` does."""
    match node:
        case And(children):
            return And(tuple(_relaxed(child, kind, positive=positive) for child in children))
        case Or(children):
            return Or(tuple(_relaxed(child, kind, positive=positive) for child in children))
        case Not(child):
            return Not(_relaxed(child, kind, positive=not positive))
        case Compare(attribute) if bool(attribute.kinds) is not bool(kind):
            return And(()) if positive else Or(())
    return node


def _is_in_entries(leaf: Compare) -> bool:
    attribute = leaf.attribute
    return not (attribute.type.lookup or attribute.inherited or attribute.volatile)
