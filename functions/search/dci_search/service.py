"""Answering a search message: who may ask, then each item on its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from dci_common.cache import AgingCache
from dci_common.errors import BadRequest, Rejection
from dci_common.exchange.audit import Audit, disclosed_records
from dci_common.exchange.cursor import Cursors, question
from dci_common.exchange.quota import Quotas, Reservation
from dci_common.registries.social.record_types import resolve
from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.catalogue.disclosure import Disclosure, disclosure
from dci_common.registry.execute.engine import Scope, SearchEngine
from dci_common.registry.query.conditions import Conditions
from dci_common.registry.query.parser import parse, parse_sort
from dci_common.registry.query.tree import Query
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistrySettings, RegistryStore
from dci_common.spdci.pagination import max_records, read_page
from dci_common.timestamps import day, timestamp
from dci_search.response import MAX_ITEMS, Answer, message, record_data, rejected, served

if TYPE_CHECKING:
    from dci_common.clients.store import Client
    from dci_common.deadline import Deadline
    from dci_common.edge.logs import LogFields
    from dci_common.runtime import Runtime
    from dci_common.spdci.envelope import SearchEnvelope, SearchItem

_SETTINGS_SECONDS = 60
_WRITERS = 4
_UNSIGNED = {None, "unsigned", "unsigned-stub"}


@dataclass(frozen=True, slots=True)
class Requester:
    """For whom a message is answered, and what is left of what it may read."""

    client: Client
    disclosed: Disclosure
    today: date
    budget: Budget
    reserved: Reservation
    audit: Audit


class SearchService:
    """The sync search of the standard."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._store = RegistryStore(runtime)
        self._engine = SearchEngine(self._store)
        self._cursors = Cursors(runtime)
        # What is written beside a search: its count, and what it discloses.
        self._threads = ThreadPoolExecutor(_WRITERS, thread_name_prefix="written")
        self._quotas = Quotas(runtime, self._threads)
        self._settings: AgingCache[str, RegistrySettings] = AgingCache(_SETTINGS_SECONDS, runtime.clock)

    def answer(
        self,
        envelope: SearchEnvelope,
        client: Client,
        correlation_id: str,
        deadline: Deadline,
        facts: LogFields,
    ) -> str:
        """Answer a message as JSON text before the deadline, and count what it held into `facts`.

        Raises BadRequest when the envelope is not this client's to send, TooManyRequests when the client is over a
        limit, ServiceUnavailable when it can not be recorded who saw whom.
        """
        self._check_sender(envelope, client)
        items = envelope.message.search_request
        facts["items"] = len(items)
        if len(items) > MAX_ITEMS:
            self._quotas.check(self._quotas.reserve(client, 0))
            return message(envelope, self._now(), correlation_id, None)
        budget, answer = Budget(self._runtime.settings.max_examined, deadline), Answer()
        reserved = self._quotas.reserve(client, sum(map(max_records, items)))
        audit = Audit(self._runtime, self._threads, client, envelope, correlation_id)
        today = day(self._runtime.clock())
        asker = Requester(client, disclosure(client.disclosure), today, budget, reserved, audit)
        disclosed = 0
        try:
            try:
                self._answer_items(items, asker, answer)
                self._quotas.check(reserved)
                disclosed = answer.disclosed
            except BaseException:
                audit.withhold_all()
                raise
            finally:
                settling = self._threads.submit(self._quotas.settle, reserved, disclosed)
            audit.wait()
        finally:
            settling.result()
            facts |= {"examined": budget.examined, "read_units": budget.read_units}
        facts |= {"matched": answer.matched, "records": answer.records}
        return message(envelope, self._now(), correlation_id, answer)

    def _answer_items(self, items: list[SearchItem], asker: Requester, answer: Answer) -> None:
        seen = set[str]()
        for item in items:
            try:
                if item.reference_id in seen:
                    raise Rejection("rjct.reference_id.duplicate", "reference_id must be unique in the message.")
                seen.add(item.reference_id)
                self._add(answer, item, asker)
            except Rejection as rejection:
                answer.add(rejected(item, self._now(), rejection))

    def _add(self, answer: Answer, item: SearchItem, asker: Requester) -> None:
        found = self._search(item, asker)
        try:
            answer.add(found)
        except Rejection:
            asker.audit.withhold(item.reference_id)
            raise

    def _search(self, item: SearchItem, asker: Requester) -> dict[str, Any]:
        criteria = item.search_criteria
        reg_type, record_type = resolve(criteria, openspp17_client=asker.client.openspp17)
        record_type.check_allowed(asker.client.record_types)
        page = read_page(item)
        settings = self._settings.get("registry", self._store.settings)
        conditions = Conditions(Catalogue(settings.identifier_types), record_type.kind, asker.disclosed, asker.today)
        query = Query(record_type.kind, parse(criteria.query_type, criteria.query, conditions), asker.today)
        sort = parse_sort(criteria.sort, conditions)
        asked = question(
            asker.client.client_id, reg_type, record_type.name, criteria.query_type, criteria.query, criteria.sort
        )
        after = self._cursors.open(page.cursor, asked) if page.cursor else None
        scope = Scope(settings.shards, restricted=asker.client.restricted)
        found = self._engine.search(query, scope, page.window(sort, after), asker.budget)
        self._quotas.check(asker.reserved)
        records = disclosed_records(record_type.kind, found, asker.disclosed, asker.today)
        asker.audit.tell(item.reference_id, criteria, record_type.name, records)
        next_cursor = self._cursors.seal(found.more_after, asked) if found.more_after and page.size else None
        pagination = page.described(len(found.views), found.total, next_cursor)
        rendered = [record_type.render(view, asker.disclosed, asker.today) for view in found.views]
        return served(item, self._now(), record_data(reg_type, record_type.name, rendered), pagination)

    def _check_sender(self, envelope: SearchEnvelope, client: Client) -> None:
        header, receivers = envelope.header, self._runtime.settings.receiver_ids
        if header.sender_id != client.sender_id:
            raise BadRequest(
                "header.sender_id is not the one registered for this client.", code="err.sender_id.invalid"
            )
        if receivers and header.receiver_id and header.receiver_id not in receivers:
            raise BadRequest("header.receiver_id is not this registry's.", code="err.receiver_id.invalid")
        if envelope.signature not in _UNSIGNED and client.signature != "ignore":
            raise BadRequest(
                "signature can not be verified yet: leave it out, or have the client marked signature: ignore.",
                code="err.signature.invalid",
            )

    def _now(self) -> str:
        return timestamp(self._runtime.clock())
