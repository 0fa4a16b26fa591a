"""Resolving a tree: what can not be found in a record's own index entry is looked up first, and becomes ids.

Identifiers, phone numbers and e-mail addresses have items of their own. What is asked of a group's members takes two
steps: the people first, then their groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor

from dci_common.registry.catalogue.types import Type
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, member_entry, own_fields
from dci_common.registry.query.tree import (
    And,
    AnyRelated,
    Compare,
    IdIn,
    Node,
    Not,
    Or,
    Query,
    leaves,
    matches,
    related_entries,
)
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import QUERY_COST, RegistryStore

Found = dict[Compare, frozenset[str]]
FindAll = Callable[[Query, Budget], list[View]]
Read = Callable[[Kind, Sequence[str]], dict[str, View]]

_OTHER = {Kind.PERSON: Kind.GROUP, Kind.GROUP: Kind.PERSON}


class Resolver:
    """Replaces lookups, and conditions on a group's members, by the ids that satisfy them now.

    `find_all` returns the views of all records that match a query, `read` those of records by id.
    """

    def __init__(self, store: RegistryStore, threads: Executor, find_all: FindAll, read: Read) -> None:
        self._store = store
        self._threads = threads
        self._find_all = find_all
        self._read = read

    def resolve(self, query: Query, budget: Budget) -> Node:
        """Return the tree with ids in place of what was looked up."""
        wanted = [leaf for leaf in leaves(query.tree) if isinstance(leaf, Compare) and leaf.attribute.type.is_lookup]
        found = self._look_up(wanted, budget) if wanted else {}
        return self._resolved(query.tree, query, found, budget)

    def members(self, tree: Node, query: Query) -> frozenset[str] | None:
        """Return the members of the groups to which a resolved tree limits people by id; None if it does not."""
        conditions = tree.children if isinstance(tree, And) else (tree,)
        limits = [ids for node in conditions if isinstance(node, AnyRelated) for ids in _group_ids(node.child)]
        if not limits:
            return None
        groups = sorted(frozenset.intersection(*limits))
        views = self._read(Kind.GROUP, groups).values()
        return frozenset(entry["id"] for group in views for entry in related_entries(group, query.today))

    def _resolved(self, node: Node, query: Query, found: Found, budget: Budget) -> Node:
        match node:
            case And(children):
                return And(tuple(self._resolved(child, query, found, budget) for child in children))
            case Or(children):
                return Or(tuple(self._resolved(child, query, found, budget) for child in children))
            case Not(child):
                return Not(self._resolved(child, query, found, budget))
            case AnyRelated(child) if query.kind is Kind.GROUP:
                return IdIn(self._groups_with(child, query, budget))
            case AnyRelated(child):
                return AnyRelated(self._resolved(child, Query(Kind.GROUP, child, query.today), found, budget))
            case Compare() if node in found:
                return IdIn(_ids_of(query.kind, found[node]))
        return node

    def _groups_with(self, child: Node, query: Query, budget: Budget) -> frozenset[str]:
        """Return the groups that have a member for whom `child` holds."""
        people = self._find_all(Query(Kind.PERSON, _relaxed(child, positive=True), query.today), budget)
        return frozenset(
            home["id"]
            for person in people
            for home in related_entries(person, query.today)
            if matches(child, member_entry(own_fields(person), home), query.today)
        )

    def _look_up(self, wanted: list[Compare], budget: Budget) -> Found:
        """Find the owners, as their partition keys, of each comparison's values."""
        unique = [leaf for leaf in wanted if leaf.attribute.type is Type.IDENTIFIER]
        pks = [_pk(leaf, value) for leaf in unique for value in leaf.values]
        owners = self._store.identifier_owners(pks, budget) if pks else {}
        found = {
            leaf: frozenset(owners[pk] for value in leaf.values if (pk := _pk(leaf, value)) in owners)
            for leaf in unique
        }
        shared = [leaf for leaf in wanted if leaf.attribute.type is not Type.IDENTIFIER]
        jobs = [(leaf, _pk(leaf, value)) for leaf in shared for value in leaf.values]
        budget.check(len(jobs) * QUERY_COST)
        found |= dict.fromkeys(shared, frozenset())
        answers = self._threads.map(lambda job: self._store.shared_owners(job[1], budget), jobs)
        for (leaf, _), answer in zip(jobs, answers, strict=True):
            found[leaf] |= frozenset(answer)
        return found


def _ids_of(kind: Kind, owners: Iterable[str]) -> frozenset[str]:
    prefix = keys.record_pk(kind, "")
    return frozenset(owner.removeprefix(prefix) for owner in owners if owner.startswith(prefix))


def _pk(leaf: Compare, value: str) -> str:
    match leaf.attribute.type:
        case Type.PHONE:
            return keys.phone_pk(value)
        case Type.EMAIL:
            return keys.email_pk(value)
    return keys.identifier_pk(leaf.attribute.name, value)


def _group_ids(child: Node) -> list[frozenset[str]]:
    """Return the sets of ids to which conditions on one household limit it."""
    conditions = child.children if isinstance(child, And) else (child,)
    return [node.ids for node in conditions if isinstance(node, IdIn)]


def _relaxed(node: Node, *, positive: bool) -> Node:
    """Return conditions on people that hold for everybody for whom `node` does, whatever their membership is like."""
    match node:
        case And(children):
            return And(tuple(_relaxed(child, positive=positive) for child in children))
        case Or(children):
            return Or(tuple(_relaxed(child, positive=positive) for child in children))
        case Not(child):
            return Not(_relaxed(child, positive=not positive))
        case Compare(attribute) if not attribute.of:
            return And(()) if positive else Or(())
    return node
