"""The plan of a search: what it looks up, and, once that is known, which records it reads.

Identifiers, phone numbers and e-mail addresses have items of their own, so they are looked up first. A condition on a
group's members takes two steps: a search for people, with a plan of its own, then their groups. What the lookups
found stands in the tree as `IdIn`, and then the access path follows. Nothing here reads anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.plan.access_path import AccessPath, PathPlanner, whole_registry
from dci_common.registry.plan.member_search import MemberSearch, people_condition
from dci_common.registry.plan.ranges import Proof, Range
from dci_common.registry.query.canonical import canonical
from dci_common.registry.query.tree import And, AnyRelated, Compare, IdIn, Node, Not, Or, Query
from dci_common.registry.storage import keys

Owners = Mapping[Compare, Iterable[str]]  # the records that have one of a comparison's values, by partition key
GroupIds = Mapping[AnyRelated, frozenset[str]]


class Visibility(NamedTuple):
    """Where a search looks: in how many shards, and whether it finds restricted people.

    `hidden_orders` are index slots whose order would reveal values of an attribute that the client may not see.
    `unfilled` are slots that some records lack until the registry is reindexed.
    """

    shards: int
    restricted: bool = False
    hidden_orders: frozenset[str] = frozenset()
    unfilled: frozenset[str] = frozenset()


class Partitions(NamedTuple):
    """The index partitions that a search reads: exact ones, and those whose entries only bodies can verify."""

    exact: tuple[str, ...]
    unverified: tuple[str, ...]


class SearchPlan(NamedTuple):
    """A query, the comparisons whose owners are looked up, and the searches for members that it needs."""

    query: Query
    catalogue: Catalogue
    lookups: tuple[Compare, ...]
    members: tuple[MemberSearch, ...]

    def choose_access_path(self, owners: Owners, groups: GroupIds, visibility: Visibility) -> AccessPlan:
        """Return how the records are found, given the results of all lookups.

        A condition on members that is not among `groups` is verified by the bodies of all groups on the path.
        """
        kind = self.query.kind
        tree = _resolved(self.query.tree, kind, owners, groups)
        paths = PathPlanner(kind, self.catalogue, visibility.unfilled).paths(tree)
        households = _households(tree) if paths[0].ranges and kind is Kind.PERSON else None
        partitions = _partitions(kind, visibility)
        if any(search.condition not in groups for search in self.members):
            partitions = Partitions((), (*partitions.exact, *partitions.unverified))
        return AccessPlan(self, tree, paths, partitions, households)


class AccessPlan(NamedTuple):
    """How the records of a search are found: on a path, or as the members of `households`, if it has any.

    Two `paths` are a choice: each covers the tree, and the plan takes the first unless counting finds a smaller one.
    """

    search: SearchPlan
    tree: Node
    paths: tuple[AccessPath, ...]
    partitions: Partitions
    households: frozenset[str] | None = None

    @property
    def path(self) -> AccessPath:
        """The path that the plan takes."""
        return self.paths[0]

    @property
    def chosen_slot(self) -> str:
        """The slot of the path that the plan takes, if it has another one; empty without a choice."""
        return self.path.ranges[0].slot if len(self.paths) > 1 else ""

    def with_members(self, ids: frozenset[str]) -> AccessPlan:
        """Return the plan for the members of its households."""
        return AccessPlan(self.search, self.tree, (AccessPath(ids=ids, proof=Proof.NOTHING),), self.partitions)

    def taking(self, path: AccessPath) -> AccessPlan:
        """Return the plan that takes one of its paths; the choice stays known."""
        return self._replace(paths=(path, *(other for other in self.paths if other is not path)))

    @property
    def residual(self) -> Node | None:
        """The condition that index entries must still fulfil; None when the ranges prove everything.

        Records that lookups found are counted by their bodies, so the entries leave them out.
        """
        if self.path.ids:
            return And((self.tree, Not(IdIn(self.path.ids))))
        return None if self.path.exact else self.tree

    def volatile_attribute(self, range_: Range) -> Attribute | None:
        """Return the attribute of a range when index entries are not always right about it."""
        attribute = self.search.catalogue.slots[self.search.query.kind].get(range_.slot)
        return attribute if attribute and attribute.volatile else None

    def unverified_range(self, range_: Range) -> Range:
        """Return the range that covers, in unverified partitions, all records that may belong to a range."""
        return whole_registry(self.search.catalogue).ranges[0] if self.volatile_attribute(range_) else range_

    def is_in_range(self, range_: Range, view: View) -> bool:
        """Return whether an exact index entry of a record, which is in the range that covers it, is in it too."""
        return self.volatile_attribute(range_) is None or bool(self.slot_value(range_, view))

    def slot_value(self, range_: Range, view: View) -> str:
        """Return the value of a range's slot of a record; empty when the record is not in the range."""
        held = self.search.catalogue.slot_attributes(self.search.query.kind, range_.slot)
        values = ["".join(attribute.values(view, self.search.query.today)[:1]) for attribute in held]
        value = keys.slot_value("#".join(values), view["id"]) if values and values[0] else ""
        return value if any(span.low <= value <= span.high for span in range_.spans) else ""

    @property
    def are_ids_decided(self) -> bool:
        """Whether the ids on the path are all matches, where conditions on members are decided by index entries."""
        return self.path.exact and not self.path.ranges and bool(self.search.members)

    @property
    def query_count(self) -> int:
        """The least number of queries that it takes to read the ranges."""
        if not self.path.ranges:
            return 0
        exact, unverified = len(self.partitions.exact), len(self.partitions.unverified)
        return sum(
            exact * len(range_.spans) + unverified * len(self.unverified_range(range_).spans)
            for range_ in self.path.ranges
        )


def plan_search(query: Query, catalogue: Catalogue) -> SearchPlan:
    """Return the plan of a query, which is the same however the query was written."""
    query = Query(query.kind, canonical(query.tree), query.today)
    needed = dict.fromkeys(_lookups(query.tree, query.kind))
    members = [
        MemberSearch(node, plan_search(Query(Kind.PERSON, people_condition(node.child), query.today), catalogue))
        for node in needed
        if isinstance(node, AnyRelated)
    ]
    return SearchPlan(query, catalogue, tuple(node for node in needed if isinstance(node, Compare)), tuple(members))


def _lookups(node: Node, kind: Kind) -> Iterator[Compare | AnyRelated]:
    """Yield the comparisons, and the conditions on members, that a record's index entry cannot answer."""
    match node:
        case And(children) | Or(children):
            for child in children:
                yield from _lookups(child, kind)
        case Not(child):
            yield from _lookups(child, kind)
        case AnyRelated() if kind is Kind.GROUP:
            yield node
        case AnyRelated(child):
            yield from _lookups(child, Kind.GROUP)
        case Compare(attribute) if attribute.type.lookup:
            yield node


def _resolved(node: Node, kind: Kind, owners: Owners, groups: GroupIds) -> Node:
    """Return a tree with the ids of the records that were found in place of what was looked up."""
    match node:
        case And(children):
            return And(tuple(_resolved(child, kind, owners, groups) for child in children))
        case Or(children):
            return Or(tuple(_resolved(child, kind, owners, groups) for child in children))
        case Not(child):
            return Not(_resolved(child, kind, owners, groups))
        case AnyRelated() if kind is Kind.GROUP:
            return IdIn(groups[node]) if node in groups else node
        case AnyRelated(child):
            return AnyRelated(_resolved(child, Kind.GROUP, owners, groups))
        case Compare() if node in owners:
            prefix = keys.record_pk(kind, "")
            return IdIn(frozenset([pk.removeprefix(prefix) for pk in owners[node] if pk.startswith(prefix)]))
    return node


def _households(tree: Node) -> frozenset[str] | None:
    """Return the households to which a resolved tree limits people by id; None when it does not."""
    limits = [
        related.ids
        for node in _conditions(tree)
        if isinstance(node, AnyRelated)
        for related in _conditions(node.child)
        if isinstance(related, IdIn)
    ]
    return frozenset.intersection(*limits) if limits else None


def _conditions(node: Node) -> tuple[Node, ...]:
    return node.children if isinstance(node, And) else (node,)


@lru_cache(maxsize=64)  # of which few are in use
def _partitions(kind: Kind, visibility: Visibility) -> Partitions:
    exact = tuple(f"{kind}#{number}" for number in range(visibility.shards))
    body, restricted = keys.body_shard(kind), keys.restricted_shard(kind)
    if visibility.restricted:
        return Partitions(exact, (body, restricted))
    # Facets of groups with restricted members describe what clients without entitlement to these see.
    return Partitions((*exact, restricted) if kind is Kind.GROUP else exact, (body,))
