"""The answer of an exchange, as its client may see it now.

Only keys of records are stored. Each time an answer is sent, its records are read, checked and rendered again: what
is deleted, restricted or not to be disclosed any more is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pydantic_core

from dci_common.cache import AgingCache
from dci_common.exchange.audit import audited_search
from dci_common.exchange.compiled_search import CompiledSearch, compile_search
from dci_common.exchange.disclosed_records import disclosed_records
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.errors import QueryError
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import SETTINGS_SECONDS, RegistrySettings, RegistryStore
from dci_common.spdci.asynchronous import AsyncSearchEnvelope
from dci_common.spdci.callback import ON_SEARCH, search_response
from dci_common.spdci.envelope import read_envelope
from dci_common.spdci.rejections import Rejection, rejection_of
from dci_common.spdci.search_items import RejectedItem, SearchItem
from dci_common.spdci.search_response import pending, rejected, served_text
from dci_common.timestamps import day, timestamp

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.exchange.disclosure_session import DisclosureSession
    from dci_common.exchange.exchanges import Exchange, Outcome, Portion
    from dci_common.registry.model.views import View
    from dci_common.runtime import Runtime

_NO_LIMIT = 10**12  # the keys were found within the limits of the exchange
_READ_AT_ONCE = 400
TOO_MANY = "rjct.search.too_many_records_found"
_WITHDRAWN = Rejection(
    "rjct.search_criteria.invalid",
    "What this client may search was changed after this search had begun: ask again in a new message.",
)
DUPLICATE = Rejection("rjct.reference_id.duplicate", "reference_id must be unique in the message.")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A portion of an item as JSON text, and how many of its keys are in it, as far as there is room.

    An item that is rejected, because the client may not ask for it any more, is so with all keys that are left.
    """

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes of records fit; so many `records` are taken even if they are larger."""

    bytes: int
    records: int = 0


class StoredAnswers:
    """Opens the answers of exchanges, with what they need of the registry."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.exchanges = ExchangeStore(runtime)
        registry = RegistryStore(runtime)
        self.engine = SearchEngine(registry, SOCIAL_CATALOGUE)
        self._settings: AgingCache[str, RegistrySettings] = AgingCache(SETTINGS_SECONDS, runtime.clock)
        self._read_settings = registry.settings

    def open(self, exchange: Exchange, client: Client) -> StoredAnswer:
        """Return the answer of an exchange for its client, as it is registered now."""
        envelope = read_envelope(AsyncSearchEnvelope, self.exchanges.request(exchange))
        return StoredAnswer(self, exchange, client, envelope)

    def settings(self) -> RegistrySettings:
        """Return the registry's settings."""
        return self._settings.get("registry", self._read_settings)


class StoredAnswer:
    """The answer of one exchange, for its client."""

    action = ON_SEARCH
    sender_id = ""

    def __init__(
        self, answers: StoredAnswers, exchange: Exchange, client: Client, envelope: AsyncSearchEnvelope
    ) -> None:
        self._answers = answers
        self._exchange = exchange
        self._client = client
        self.envelope = envelope
        self.items = envelope.message.search_request

    def response(self, items: list[str]) -> str:
        """Return the message with these items as JSON text."""
        return search_response(self._exchange.transaction_id, self._exchange.correlation_id, items)

    def compiled(self, number: int) -> CompiledSearch:
        """Return the search of an item. Raises Rejection or QueryError: the item is rejected.

        What the client may ask is what it may ask now. Ages are those of the day on which the message was accepted,
        so that a collection of several days finds what it would have found in one.
        """
        item = self.items[number]
        if isinstance(item, RejectedItem):
            raise item.rejection
        if any(item.reference_id == earlier.reference_id for earlier in self.items[:number]):
            raise DUPLICATE
        settings, today = self._answers.settings(), self._exchange.today
        return compile_search(item.search_criteria, self._client, settings, today, item.pagination)

    def check_entitled(self) -> None:
        """Check that the client is still entitled to the restricted people who were searched.

        Raises Rejection: totals and sizes of pages would reveal how many of them there are.
        """
        if not self._client.restricted:
            raise _WITHDRAWN

    def _allowed(self, number: int) -> CompiledSearch:
        """Return the search of an item with an outcome. Raises Rejection or QueryError if it is allowed no more."""
        if self._exchange.outcomes[number].restricted:
            self.check_entitled()
        return self.compiled(number)

    def portion(
        self, portion: Portion, page_number: int, room: Room, session: DisclosureSession, deadline: Deadline
    ) -> Rendered:
        """Return a portion of an item, as far as there is room, and start recording what it discloses."""
        number, start, count = portion
        item, outcome = self.items[number], self._exchange.outcomes[number]
        if outcome.is_rejected or isinstance(item, RejectedItem):
            return Rendered(self._rejected(number, Rejection(outcome.code, outcome.reason)), count)
        try:
            search = self._allowed(number)
        except (Rejection, QueryError) as error:  # once, for all that is left of the item
            return Rendered(self._rejected(number, rejection_of(error)), max(count, outcome.keys - start))
        ids = self._answers.exchanges.keys(self._exchange, number, start, count)
        shown, texts, is_whole = self._fitting(search, ids, room, deadline)
        if not (shown or is_whole):
            return Rendered("", 0)
        self._record(number, search, shown, session)
        fits = count if is_whole else ids.index(shown[-1]["id"]) + 1
        pagination = _pagination(search, outcome, fits, page_number)
        names = search.reg_type, search.record_type.name
        return Rendered(served_text(item, self._now(), names, texts, pagination), fits)

    def _fitting(
        self, search: CompiledSearch, ids: list[str], room: Room, deadline: Deadline
    ) -> tuple[list[View], list[str], bool]:
        """Return the records that there is room for, also as JSON text, and whether these are all of them.

        They are read in portions, since a page may hold far fewer than were found for it.
        """
        left, shown, texts, today = room.bytes, list[Any](), list[str](), self._today()
        for start in range(0, len(ids), _READ_AT_ONCE):
            some = ids[start : start + _READ_AT_ONCE]
            budget = Budget(_NO_LIMIT, deadline)
            for view in self._answers.engine.matching(search.query, search.visibility, some, budget):
                text = pydantic_core.to_json(search.record_type.render(view, search.disclosure, today))
                left -= len(text) + 1
                if left < 0 and len(texts) >= room.records:
                    return shown, texts, False
                shown.append(view)
                texts.append(text.decode())
        return shown, texts, True

    def pending(self, number: int) -> str:
        """Return an item that is not answered yet."""
        return _text(pending(self.items[number], self._now()))

    def unanswered(self, number: int, reason: str) -> str:
        """Return an item that will not be answered, for a reason."""
        return self._rejected(number, Rejection("", reason))

    def too_large(self, number: int, reason: str, session: DisclosureSession) -> str:
        """Return an item whose records do not fit, and record that they were not sent."""
        try:
            self._allowed(number)
        except (Rejection, QueryError) as error:
            return self._rejected(number, rejection_of(error))
        self.record_probe(number, TOO_MANY, session)
        return self._rejected(number, Rejection(TOO_MANY, reason))

    def record_probe(self, number: int, code: str, session: DisclosureSession) -> None:
        """Record that an item is rejected for a reason that reveals how much there is."""
        item = self.items[number]
        if isinstance(item, SearchItem):
            session.record_probe(audited_search(item, self.compiled(number)), code)

    def _record(self, number: int, search: CompiledSearch, shown: list[View], session: DisclosureSession) -> None:
        item, outcome = self.items[number], self._exchange.outcomes[number]
        if isinstance(item, RejectedItem):
            return
        others = self._answers.exchanges.keys(self._exchange, number, outcome.keys, outcome.identified)
        records = disclosed_records(search.record_type.kind, shown, search.disclosure, self._today(), others)
        session.record_disclosure(audited_search(item, search), records, charge=0)

    def _rejected(self, number: int, rejection: Rejection) -> str:
        return _text(rejected(self.items[number], self._now(), rejection))

    def _now(self) -> str:
        return timestamp(self._answers.runtime.clock())

    def _today(self) -> date:
        return day(self._answers.runtime.clock())


def _pagination(search: CompiledSearch, outcome: Outcome, count: int, number: int) -> dict[str, int | str]:
    """Return the `pagination` of the page that was asked for, or of the number-th one of all."""
    if search.page.size is not None:
        return search.page.pagination(outcome.keys, outcome.total, outcome.next_cursor or None)
    return {"page_size": count, "page_number": number, "total_count": outcome.total}


def _text(item: dict[str, Any]) -> str:
    return pydantic_core.to_json(item).decode()
