"""One search: which records its plan leads to, in which order, and the page of them that a window shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

from dci_common.registry.errors import TooManyMatches
from dci_common.registry.execute.bodies import Bodies
from dci_common.registry.execute.choice import marked, take_path, unmarked
from dci_common.registry.execute.lookups import look_up
from dci_common.registry.execute.positions import is_in_facets, is_slot_order, sort_value
from dci_common.registry.execute.scan import IndexScan
from dci_common.registry.execute.slices import Entry, Slice, Walk
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View, related_entries
from dci_common.registry.plan.filter import ALL_FACETS, Projection
from dci_common.registry.plan.member_search import MemberSearch
from dci_common.registry.plan.ranges import Range
from dci_common.registry.plan.search_plan import AccessPlan, SearchPlan, Visibility
from dci_common.registry.query.sort import Position, SortKey, Window, ordered, positions_after
from dci_common.registry.query.tree import AnyRelated, Effort
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.facets import Facets
from dci_common.registry.storage.store import QUERY_COST, RegistryStore


class Found(NamedTuple):
    """A page of views, the number of all matches, and the position after which more of them follow, if any do.

    `identified` are the ids of matches, on this page or not, that were found by their identifiers and the like.
    `access` is how the records were found.
    """

    views: list[View]
    total: int
    next_position: Position | None
    identified: list[str]
    access: AccessPlan


class Search:
    """One search in progress; see engine.py for its steps."""

    def __init__(
        self, store: RegistryStore, threads: Executor, plan: SearchPlan, visibility: Visibility, budget: Budget
    ) -> None:
        self._store = store
        self._threads = threads
        self._plan = plan
        self._query = plan.query
        self._visibility = visibility
        self._budget = budget
        self._bodies = Bodies(store, threads, plan.query, budget, entitled=visibility.restricted)
        # Whether all ids on the path are those of groups that the index entries of their members led to.
        self._is_decided_by_entries = False

    def page(self, window: Window) -> Found:
        """Return the page of matches that a window shows."""
        after, slot = unmarked(window.after, window.sort)
        access, scan = self.locate(slot)
        if after is not window.after:
            window = window._replace(after=after)
        path = access.path
        if is_slot_order(window.sort, path, self._query.kind, self._visibility.hidden_orders):
            positions, total = self._in_slot_order(access, scan, window)
        else:
            positions, total = self._in_sort_order(access, scan, window)
        if window.whole and total > window.size:
            raise TooManyMatches(f"{total} records match: ask for pages of at most {window.size}.")
        page = positions[: window.size]
        views = self._bodies.matching([position.id for position in page])
        next_position = marked(page[-1], access) if page and len(positions) > window.size else None
        shown = [views[position.id] for position in page if position.id in views]
        identified = () if self._is_decided_by_entries else self._bodies.matching(path.ids)
        return Found(shown, total, next_position, [*identified], access)

    def in_order(self, access: AccessPlan, scan: IndexScan, sort: tuple[SortKey, ...]) -> list[Position]:
        """Return the positions of all matches in the order of sort keys."""
        return ordered(self._positions(access, scan, sort), sort)

    def matching(self, ids: Sequence[str]) -> dict[str, View]:
        """Return the views of those of these records that match."""
        return self._bodies.matching(ids)

    def locate(self, slot: str = "", *, streamed: bool = False) -> tuple[AccessPlan, IndexScan]:
        """Look up what the plan names, and return how the records are then found: on the path of `slot`, if any.

        Where they are `streamed`, members are searched for only if lookups find them: others may be very many.
        """
        entitled = self._visibility.restricted
        owners = look_up(self._plan.lookups, self._store, self._threads, self._budget, entitled=entitled)
        groups = dict(self._groups_by_members(streamed=streamed)) if self._plan.members else {}
        access = self._plan.choose_access_path(owners, groups, self._visibility)
        if access.households is not None:
            households = self._bodies.read(Kind.GROUP, sorted(access.households)).values()
            members = (entry["id"] for view in households for entry in related_entries(view, self._query.today))
            access = access.with_members(frozenset(members))
        access = take_path(access, slot, self._store, self._threads, self._budget)
        self._budget.check(access.query_count * QUERY_COST)
        return access, IndexScan(self._store, self._threads, access, self._budget)

    def _groups_by_members(self, *, streamed: bool) -> Iterator[tuple[AnyRelated, frozenset[str]]]:
        self._is_decided_by_entries = bool(self._plan.members) and not self._plan.lookups
        for member_search in self._plan.members:
            people = Search(self._store, self._threads, member_search.people, self._visibility, self._budget)
            access, scan = people.locate()
            is_by_entries = member_search.is_in_entries and bool(access.path.ranges) and not access.path.ids
            self._is_decided_by_entries &= is_by_entries
            if not (streamed and access.path.ranges):
                yield member_search.condition, people.groups(member_search, access, scan)

    def groups(self, member_search: MemberSearch, access: AccessPlan, scan: IndexScan) -> frozenset[str]:
        """Return the groups in which one of the people of this search fulfils a condition on members."""
        by_entries = member_search.is_in_entries
        found = self._candidates(access, scan, member_search.projection if by_entries else None)
        entries = [facets for facets in found.values() if facets is not None] if by_entries else []
        self._budget.examine(len(entries) * Effort.of(member_search.condition.child).of_facets)
        views = self.matching([id_ for id_, facets in found.items() if facets is None or not by_entries])
        return member_search.groups_of(views.values()) | member_search.groups_in(entries)

    def _in_slot_order(self, access: AccessPlan, scan: IndexScan, window: Window) -> tuple[list[Position], int]:
        """Return the positions of the window, one more if any follow, and the number of all matches.

        Records that lookups found have their places in the range if they are in it: so they are on the same page if
        what was looked up is another record's since the page before.
        """
        size, start, (range_,) = window.size + 1, window.after, access.path.ranges
        identified = self._bodies.matching(access.path.ids)
        placed = [(at, id_) for id_, view in identified.items() if (at := access.slot_value(range_, view))]
        by_id = sorted(identified.keys() - {id_ for _, id_ in placed})
        ahead = [id_ for id_ in by_id if start is None or (start.values == (None,) and id_ > start.id)]
        page = [Position((None,), id_) for id_ in ahead[window.offset :][:size]]
        slice_ = Slice(
            offset=max(0, window.offset - len(ahead)),
            size=size - len(page),
            after=(start.values[0] or "") if start else "",
            descending=bool(window.sort) and window.sort[0].descending,
        )
        if window.total is not None and scan.can_start_anywhere(range_):
            entries, total = self._following(access, scan, range_, slice_, placed), window.total
        else:
            walk = scan.walk(range_, slice_)
            entries, counted = walk.page([*self._verified(scan, access, range_, walk), *placed], slice_)
            total = len(by_id) + counted if window.total is None else window.total
        return page + [Position((slot_value,), id_) for slot_value, id_ in entries], total

    def _following(
        self, access: AccessPlan, scan: IndexScan, range_: Range, slice_: Slice, placed: list[Entry]
    ) -> list[Entry]:
        """Return the entries of a slice and those that were `placed` in it, and count little beyond them."""
        reader, found = scan.reader(range_, slice_), list[Entry]()
        missing = slice_.wanted
        while missing > 0 and (entries := reader.take(missing)):
            exact = [entry for entry, is_exact in entries if is_exact]
            self._budget.examine(scan.entry_cost * len(exact) if self._query.kind is Kind.GROUP else 0)
            ids = [id_ for (_, id_), is_exact in entries if not is_exact]
            matching = self.verify(scan, access, range_, ids) if ids else {}
            found += [entry for entry, is_exact in entries if is_exact or entry[1] in matching]
            missing = slice_.wanted - len(found)
        found += [entry for entry in placed if slice_.follows(entry[0])]
        return sorted(found, reverse=slice_.descending)[slice_.offset : slice_.wanted]

    def _verified(self, scan: IndexScan, access: AccessPlan, range_: Range, walk: Walk) -> list[Entry]:
        """Return the unverified entries whose records match, each at its place in the order of the range's slot."""
        matching = self.verify(scan, access, range_, [id_ for _, id_ in walk.unverified])
        volatile = access.volatile_attribute(range_)
        if volatile is None:
            return [entry for entry in walk.unverified if entry[1] in matching]
        values = {id_: volatile.values(view, self._query.today) for id_, view in matching.items()}
        return [(keys.slot_value(value, id_), id_) for id_, (value,) in values.items()]

    def verify(self, scan: IndexScan, access: AccessPlan, range_: Range, ids: Sequence[str]) -> dict[str, View]:
        """Return those records of a range's unverified entries that match, without those that lookups found.

        Entries are counted too: those that are unverified only because of restricted members, as exact ones are.
        """
        matching = self._bodies.verified(id_ for id_ in ids if id_ not in access.path.ids)
        if self._query.kind is Kind.GROUP:
            exact = [view for id_ in ids if (view := self._bodies.as_if_exact.get(id_))]
            in_range = sum(access.is_in_range(range_, view) for view in exact)
            self._budget.examine(len(ids) - len(exact) + in_range * scan.entry_cost)
        return matching

    def _in_sort_order(self, access: AccessPlan, scan: IndexScan, window: Window) -> tuple[list[Position], int]:
        positions = self.in_order(access, scan, window.sort)
        total = len(positions) if window.total is None else window.total
        if window.after is not None:
            positions = positions_after(positions, window.after, window.sort)
        return positions[window.offset :][: window.size + 1], total

    def _positions(self, access: AccessPlan, scan: IndexScan, sort: tuple[SortKey, ...]) -> list[Position]:
        """Return the positions of all matches; records whose facets cannot say where are read."""
        if access.are_ids_decided and not sort and self._is_decided_by_entries:
            return [Position((), id_) for id_ in access.path.ids]
        if not sort:
            return [Position((), id_) for id_ in self._candidates(access, scan, None)]
        by_facets = all(is_in_facets(key, self._query.kind) for key in sort)
        found = self._candidates(access, scan, ALL_FACETS if by_facets else None)
        today = self._query.today
        verified = (id_ for id_, facets in found.items() if facets is None)
        views = self._bodies.verified(verified) if by_facets else self._bodies.matching(found)
        effort = Effort(own=0, related=sum(key.related for key in sort))
        self._budget.examine(sum(effort.of_view(view, today) for view in views.values()))
        return [
            Position(tuple(sort_value(key, views.get(id_), facets, today) for key in sort), id_)
            for id_, facets in found.items()
            if id_ in views or (by_facets and facets is not None)
        ]

    def _candidates(
        self, access: AccessPlan, scan: IndexScan, projection: Projection | None
    ) -> dict[str, Facets | None]:
        """Return all records on the path, by id: their facets, or None for those whose bodies were read."""
        path = access.path
        found: dict[str, Facets | None] = dict.fromkeys(self._bodies.matching(path.ids))
        if path.ranges:
            entries, unverified = scan.collect(path.ranges, projection)
            found |= entries
            for range_, ids in unverified:
                found |= dict.fromkeys(self.verify(scan, access, range_, ids))
        return found
