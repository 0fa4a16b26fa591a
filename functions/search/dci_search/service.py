"""The answer to a search message: the envelope is checked for its client, then each item is searched on its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from dci_common.cache import AgingCache
from dci_common.exchange.audit import disclosed_records
from dci_common.exchange.compiled_search import compile_search
from dci_common.exchange.cursor import Cursors
from dci_common.exchange.disclosure_session import DisclosureSession, DisclosureSessions
from dci_common.exchange.participants import check_participants
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.errors import QueryError
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistrySettings, RegistryStore
from dci_common.spdci.pagination import max_records
from dci_common.spdci.rejections import Rejection, rejection_of
from dci_common.timestamps import day, timestamp
from dci_search.response import MAX_ITEMS, Answer, message, record_data, rejected, served

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.logs import LogFields
    from dci_common.runtime import Runtime
    from dci_common.spdci.envelope import SearchEnvelope, SearchItem

_SETTINGS_SECONDS = 60
_DUPLICATE = Rejection("rjct.reference_id.duplicate", "reference_id must be unique in the message.")


@dataclass(frozen=True, slots=True)
class Requester:
    """The client that a message is answered for, and what its searches may still read."""

    client: Client
    today: date
    budget: Budget


class SearchService:
    """The sync search of the standard."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._store = RegistryStore(runtime)
        self._engine = SearchEngine(self._store, SOCIAL_CATALOGUE)
        self._cursors = Cursors(runtime)
        self._sessions = DisclosureSessions(runtime)
        self._settings: AgingCache[str, RegistrySettings] = AgingCache(_SETTINGS_SECONDS, runtime.clock)

    def answer(
        self,
        envelope: SearchEnvelope,
        client: Client,
        correlation_id: str,
        deadline: Deadline,
        log_fields: LogFields,
    ) -> str:
        """Return the answer to a message as JSON text, before the deadline, and add its counts to `log_fields`.

        Raises InvalidEnvelope when the client may not send the envelope, LimitExceeded when it exceeds a limit, and
        Unavailable when the disclosure cannot be recorded.
        """
        check_participants(envelope, client, self._runtime.settings.receiver_ids)
        items = envelope.message.search_request
        log_fields["items"] = len(items)
        if len(items) > MAX_ITEMS:
            with self._sessions.open(client, envelope, correlation_id, max_records=0):
                return message(envelope, self._now(), correlation_id, None)
        budget = Budget(self._runtime.settings.max_examined, deadline)
        requester = Requester(client, day(self._runtime.clock()), budget)
        opened = self._sessions.open(client, envelope, correlation_id, sum(map(max_records, items)))
        try:
            with opened as session:
                answer = self._answer_items(items, requester, session)
        finally:
            log_fields |= {"examined": budget.examined, "read_units": budget.read_units}
        log_fields |= {"matched": answer.matched, "records": answer.records}
        return message(envelope, self._now(), correlation_id, answer)

    def _answer_items(self, items: list[SearchItem], requester: Requester, session: DisclosureSession) -> Answer:
        answer, seen = Answer(), set[str]()
        for item in items:
            if item.reference_id in seen:
                answer.add(rejected(item, self._now(), _DUPLICATE))
                continue
            seen.add(item.reference_id)
            try:
                answer.add(self._search(item, requester, session))
            except (Rejection, QueryError) as error:
                session.mark_withheld(item.reference_id)
                answer.add(rejected(item, self._now(), rejection_of(error)))
        return answer

    def _search(self, item: SearchItem, requester: Requester, session: DisclosureSession) -> dict[str, Any]:
        settings, today = self._settings.get("registry", self._store.settings), requester.today
        search = compile_search(item.search_criteria, requester.client, settings, today, item.pagination)
        cursor, record_type = search.page.cursor, search.record_type
        after = self._cursors.open(cursor, search.digest) if cursor else None
        found = self._engine.search(search.query, search.visibility, search.window(after), requester.budget)
        records = disclosed_records(record_type.kind, found, search.disclosure, today)
        charge = len(found.views) or min(found.total, 1)
        session.record_disclosure(item.reference_id, item.search_criteria, record_type.name, records, charge)
        following = found.next_position if search.page.size else None
        next_cursor = self._cursors.seal(following, search.digest) if following else None
        pagination = search.page.pagination(len(found.views), found.total, next_cursor)
        rendered = [record_type.render(view, search.disclosure, today) for view in found.views]
        return served(item, self._now(), record_data(search.reg_type, record_type.name, rendered), pagination)

    def _now(self) -> str:
        return timestamp(self._runtime.clock())
