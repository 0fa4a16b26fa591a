"""Subscriptions as operators see them: what they are about in general, and never about whom.

A filter is shown as the attributes that it compares, by the catalogue's names, and the number of its values. The id
that the client gave a subscription is left out, because it can say something about people.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from dci_common.clients.views import View
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registries.social.openspp17 import asks_everybody
from dci_common.registries.social.record_types import resolve
from dci_common.registry.catalogue.attributes import Attribute, list_reader
from dci_common.registry.catalogue.value_types import IDENTIFIER
from dci_common.registry.errors import QueryError
from dci_common.registry.model.base import Kind
from dci_common.registry.query.conditions import Conditions
from dci_common.registry.query.parser import parse
from dci_common.registry.query.tree import NOTHING, Node
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.search_items import SearchCriteria
from dci_common.spdci.subscriptions import SubscribeCriteria
from dci_common.subscriptions.compiled_subscription import EVERYBODY, searched_criteria
from dci_common.subscriptions.event_types import EventType, find_event_type
from dci_common.subscriptions.subscription import State, Subscription
from dci_common.subscriptions.watches import way_of
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.subscriptions.channels import Channel

# Stands for all types of the registry's own: a name that a client wrote is never shown.
_OWN_IDENTIFIER = Attribute("identifier", IDENTIFIER, frozenset(Kind), list_reader(""), frozenset())


class FilterView(View):
    """What a subscription's filter compares: attributes in alphabetical order, with so many values in all."""

    type: Literal["everybody", "idtype-value", "expression", "predicate"]
    attributes: tuple[str, ...]
    values: int


class FrequencyView(View):
    """When the client wants to be notified: at once where it is missing."""

    start_time: str | None = None
    end_time: str | None = None
    frequency: str | None = None


class SubscriptionView(View):
    """A subscription.

    It is found by an `identifier` when a record changes, or is a `condition` with which each change is compared.
    `callback_url` is where its client wanted to be notified, if it has no address of its own for that.
    """

    code: str
    client_id: str
    state: State
    since: str
    ended: str | None = None
    event_type: EventType | None = None
    record_type: str | None = None
    matched_by: Literal["identifier", "condition"]
    filter: FilterView | None = None
    frequency: FrequencyView | None = None
    callback_url: str | None = None


class FailingSubscriberView(View):
    """A client that is not notified any more.

    A notification `failed` for three days: then `correlation_id` is that of its exchange, and other addresses and
    frequencies of the client are still served. Or its receiver said that it is `gone`.
    """

    client_id: str
    since: str
    cause: Literal["failed", "gone"]
    correlation_id: str | None = None
    frequency: FrequencyView | None = None
    callback_url: str | None = None


def subscription_view(subscription: Subscription) -> dict[str, Any]:
    """Return a subscription as JSON. What an earlier version accepted, and this one does not read, is left out."""
    criteria = SubscribeCriteria.model_validate(subscription.criteria)
    record_type: str | None = None
    compared: FilterView | None = None
    with suppress(QueryError, Rejection):
        search = searched_criteria(criteria)
        record_type = resolve(search, SOCIAL_CATALOGUE, openspp17_client=False)[1].name
        compared = _filter(search, {way_of(watch).rpartition("#")[0] for watch in subscription.watches})
    return SubscriptionView(
        code=subscription.code,
        client_id=subscription.client_id,
        state=subscription.state,
        since=subscription.since,
        ended=timestamp(subscription.ended) if subscription.ended else None,
        event_type=find_event_type(criteria.reg_event_type),
        record_type=record_type,
        matched_by="condition" if subscription.is_by_condition else "identifier",
        filter=compared,
        frequency=_frequency(subscription.criteria.get("frequency")),
        callback_url=subscription.callback_url.partition("?")[0] or None,
    ).to_json()


def gone_subscriber_view(client_id: str, since: int) -> dict[str, Any]:
    """Return a paused client as JSON."""
    return FailingSubscriberView(client_id=client_id, since=timestamp(since), cause="gone").to_json()


def failing_subscriber_view(channel: Channel) -> dict[str, Any]:
    """Return a paused channel as JSON."""
    return FailingSubscriberView(
        client_id=channel.client_id,
        since=timestamp(channel.paused or 0),
        cause="failed",
        correlation_id=channel.page,
        frequency=_frequency(channel.frequency),
        callback_url=channel.callback_url.partition("?")[0] or None,
    ).to_json()


def _frequency(written: Any) -> FrequencyView | None:  # noqa: ANN401 - JSON
    """Return a frequency as a client wrote it, which was checked then: a word, or an object."""
    members = {"frequency": written} if isinstance(written, str) else written or {}
    given = {name: members[name] for name in FrequencyView.model_fields if members.get(name)}
    return FrequencyView(**given) if given else None


@dataclass(frozen=True, slots=True)
class _Named(Conditions):
    """Conditions that note which attributes a query names, and how many values it compares with each."""

    found: list[tuple[str, int]] = field(default_factory=list)

    def compare(self, name: object, operator: object, raw: object, where: str) -> Node:
        """Note a condition."""
        derived = self.catalogue.find_derived(str(name))
        values = raw.split(",") if isinstance(raw, str) and str(operator).lower() == "in" else raw
        count = len(values) if isinstance(values, list) else 1
        self.found.append((derived.name if derived else self.attribute(name, where).name, count))
        return NOTHING

    def attribute(self, name: object, where: str) -> Attribute:  # noqa: ARG002 - as parsers call it
        """Return the attribute with this name; the catalogue alone does not know the registry's own identifiers."""
        derived = self.catalogue.find_derived(str(name))
        return derived.source if derived else self.catalogue.find(str(name)) or _OWN_IDENTIFIER


def _filter(search: SearchCriteria, watched: set[str]) -> FilterView:
    """Return what a filter compares, read by the parser of searches; index entries name it exactly.

    Raises QueryError.
    """
    if search.query == EVERYBODY or asks_everybody(search):
        return FilterView(type="everybody", attributes=(), values=0)
    named = _Named(SOCIAL_CATALOGUE, Kind.PERSON, frozenset(), date.min)
    parse(search.query_type, search.query, named)
    attributes = tuple(sorted(watched or {name for name, _ in named.found}))
    return FilterView(type=search.query_type, attributes=attributes, values=sum(count for _, count in named.found))
