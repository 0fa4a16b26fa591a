"""Compiled searches: what a partner's criteria ask for, checked and ready to be run.

The synchronous search and `dci registry explain` compile their criteria here, so that both mean the same by them.
Compiling reads nothing.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dci_common.registries.social import openspp17
from dci_common.registries.social.catalogue import social_catalogue
from dci_common.registries.social.disclosure import disclosure
from dci_common.registries.social.record_types import OPENSPP17_PERSON, RecordType, resolve
from dci_common.registry.plan.search_plan import Visibility
from dci_common.registry.query.conditions import Conditions
from dci_common.registry.query.parser import parse, parse_sort
from dci_common.registry.query.tree import EVERYTHING, Query, most_matches
from dci_common.spdci.pagination import MAX_PAGE_SIZE, Page, read_page

if TYPE_CHECKING:
    from dci_common.exchange.cursor import PageStart
    from dci_common.registry.catalogue.attributes import Disclosure
    from dci_common.registry.catalogue.catalogue import Catalogue
    from dci_common.registry.model.base import Kind
    from dci_common.registry.query.sort import SortKey, Window
    from dci_common.registry.storage.store import RegistrySettings
    from dci_common.spdci.search_items import Pagination, SearchCriteria


class SearchClient(Protocol):
    """What a search must know of the client that asks."""

    @property
    def client_id(self) -> str:
        """The client's id: a cursor belongs to one client."""

    @property
    def record_types(self) -> tuple[str, ...]:
        """The record types that it may search."""

    @property
    def disclosure(self) -> tuple[str, ...]:
        """The attributes, and sets of them, that it may see."""

    @property
    def restricted(self) -> bool:
        """Whether it is entitled to restricted people."""

    @property
    def openspp17(self) -> bool:
        """Whether it is an OpenSPP 17: without a `reg_type` it speaks that dialect, and an empty query is a query."""


class CompiledSearch(NamedTuple):
    """A search for one page of the records of a type, for one client, on one day.

    The criteria are those of the client with this id.
    """

    reg_type: str
    record_type: RecordType
    query: Query
    sort: tuple[SortKey, ...]
    page: Page
    visibility: Visibility
    disclosure: Disclosure
    criteria: SearchCriteria
    client_id: str

    @property
    def digest(self) -> bytes:
        """What identifies the search, whichever page is asked for, and what the client may know of its matches.

        A cursor continues only the same search, and its total is that of all matches only as long as the client is
        entitled alike.
        """
        criteria, visibility = self.criteria, self.visibility
        asked: list[object] = [self.client_id, self.reg_type, self.record_type.name]
        asked += [criteria.query_type, criteria.query, criteria.sort]
        asked += [visibility.restricted, sorted(visibility.hidden_orders), sorted(visibility.unfilled)]
        return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).digest()

    @property
    def max_records(self) -> int:
        """The largest number of records that it may find for its page. The members that groups show come on top."""
        most = most_matches(self.query.tree)
        return self.page.max_records if most is None else min(most, self.page.max_records)

    def window(self, start: PageStart | None = None) -> Window:
        """Return the window of matches that the page shows, after the position that its cursor names."""
        return self.page.window(self.sort, *(start or (None, None)))


def compile_search(
    criteria: SearchCriteria,
    client: SearchClient,
    settings: RegistrySettings,
    today: date,
    pagination: Pagination | None = None,
    *,
    everybody: bool = False,
) -> CompiledSearch:
    """Return the search that criteria ask for; `pagination` is what an item has beside its criteria.

    With `everybody`, it finds all records of the type that the client may see, and the query is not read.

    Raises Rejection, or QueryError, for what cannot be asked, or not by this client.
    """
    catalogue = _catalogue(settings, client.restricted)
    reg_type, record_type = resolve(criteria, catalogue, openspp17_client=client.openspp17)
    record_type.check_allowed(client.record_types)
    everybody = everybody or (
        record_type is OPENSPP17_PERSON and client.openspp17 and openspp17.asks_everybody(criteria)
    )
    page, disclosed = read_page(criteria, pagination), disclosure(client.disclosure)
    visibility = _visibility(settings, record_type.kind, disclosed, client.restricted)
    conditions = Conditions(catalogue, record_type.kind, disclosed, today, settings.former)
    tree = EVERYTHING if everybody else parse(criteria.query_type, criteria.query, conditions)
    return CompiledSearch(
        reg_type=reg_type,
        record_type=record_type,
        query=Query(record_type.kind, tree, today),
        sort=parse_sort(criteria.sort, conditions),
        page=page if page.size or not everybody else Page(1, MAX_PAGE_SIZE),
        visibility=visibility,
        disclosure=disclosed,
        criteria=criteria,
        client_id=client.client_id,
    )


@lru_cache(maxsize=8)  # one registry, whose settings hardly ever change
def _catalogue(settings: RegistrySettings, restricted: bool) -> Catalogue:  # noqa: FBT001 - a key of the cache
    """Return the catalogue as clients know it that are entitled to restricted people, or not."""
    return social_catalogue(settings.known_types(restricted=restricted), settings.country)


@lru_cache(maxsize=64)  # as many as there are kinds and disclosures in use
def _visibility(
    settings: RegistrySettings,
    kind: Kind,
    disclosed: Disclosure,
    restricted: bool,  # noqa: FBT001 - likewise
) -> Visibility:
    """Return where clients with this disclosure look."""
    catalogue = _catalogue(settings, restricted)
    return Visibility(
        settings.shards,
        restricted=restricted,
        hidden_orders=catalogue.hidden_orders(kind, disclosed),
        unfilled=catalogue.unfilled_slots(kind, settings.former),
    )
