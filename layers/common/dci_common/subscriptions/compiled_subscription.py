"""Compiled subscriptions: what a client's criteria ask for, checked, on one day and with what it may see then."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from dci_common.exchange.compiled_search import CompiledSearch, SearchClient, compile_search
from dci_common.registry.catalogue.names import folded
from dci_common.registry.errors import QueryError
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.search_items import SearchCriteria
from dci_common.subscriptions.event_types import EventType, find_event_type
from dci_common.subscriptions.schedule import read_schedule
from dci_common.subscriptions.watches import watches_of

if TYPE_CHECKING:
    from datetime import date

    from dci_common.registry.storage.store import RegistrySettings
    from dci_common.spdci.subscriptions import SubscribeCriteria

_DETAILS, _TYPES = "rjct.notify_details.invalid", "rjct.notify_types.invalid"
_FilterType = Literal["idtype-value", "expression", "predicate"]
_FILTER_TYPES: tuple[_FilterType, ...] = get_args(_FilterType)
EVERYBODY = {"type": "*", "value": "*"}  # the filter that OpenSPP2's client sends if it is given none


class CompiledSubscription(NamedTuple):
    """A subscription: the events it asks for, and the search of whose records they are."""

    event_type: EventType
    search: CompiledSearch


def compile_subscription(
    criteria: SubscribeCriteria, client: SearchClient, settings: RegistrySettings, today: date
) -> CompiledSubscription:
    """Return the subscription that criteria ask for. Raises Rejection for what cannot be subscribed to."""
    event_type = find_event_type(criteria.reg_event_type)
    if event_type is None:
        raise Rejection(_TYPES, f"reg_event_type must be one of {', '.join(EventType)}.")
    searched = searched_criteria(criteria)
    everybody = criteria.filter == EVERYBODY
    try:
        search = compile_search(searched, client, settings, today, everybody=everybody)
    except QueryError as error:
        raise Rejection(_DETAILS, error.message) from error
    try:
        read_schedule(criteria.frequency)
    except ValueError as error:
        raise Rejection(_DETAILS, str(error)) from error
    return CompiledSubscription(event_type, search)


def meaning_of(criteria: SubscribeCriteria, compiled: CompiledSubscription) -> str:
    """Return the digest of what criteria ask for, whenever and wherever it is notified: a client has one of each.

    The same identifiers are the same, however they are written: else one client could use up their index entries.
    """
    event_type, search = compiled
    names = [event_type, folded(search.reg_type), search.record_type.name]
    parts = [*names, sorted(watches_of(search)) or [_query_type(criteria), criteria.filter]]
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()


def searched_criteria(criteria: SubscribeCriteria) -> SearchCriteria:
    """Return the search of the records of a subscription. Raises Rejection if it is not known what is searched."""
    return SearchCriteria(
        reg_type=criteria.reg_type,
        reg_record_type=criteria.notify_record_type or None,
        query_type=_query_type(criteria),
        query=criteria.filter,
        authorize=criteria.authorize,
    )


def _query_type(criteria: SubscribeCriteria) -> _FilterType:
    """Return the kind of the filter: partners often leave it out, and it shows in the filter's form."""
    if criteria.filter_type is not None:
        named = next((type_ for type_ in _FILTER_TYPES if type_ == criteria.filter_type), None)
        if named is None:
            raise Rejection(_DETAILS, f"filter_type must be {', '.join(_FILTER_TYPES)}, or absent.")
        return named
    if isinstance(criteria.filter, list):
        return "predicate"
    value = criteria.filter.get("value") if isinstance(criteria.filter, dict) else None
    return "expression" if isinstance(value, dict) else "idtype-value"
