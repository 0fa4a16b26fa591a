"""The answer to a search message: the envelope is checked for its client, then each item is searched on its own."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from dci_common.cache import AgingCache
from dci_common.exchange.audit import audited_search
from dci_common.exchange.compiled_search import CompiledSearch, compile_search
from dci_common.exchange.cursor import Cursors, PageStart
from dci_common.exchange.disclosed_records import disclosed_records, shown_members
from dci_common.exchange.disclosure_session import DisclosureSession, DisclosureSessions
from dci_common.exchange.participants import check_participants
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.errors import QueryError, TooManyMatches
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import SETTINGS_SECONDS, RegistrySettings, RegistryStore
from dci_common.signatures.policy import Signatures, Unsigned
from dci_common.spdci.callback import unsigned_bytes
from dci_common.spdci.rejections import Rejection, rejection_of
from dci_common.spdci.search_items import ReadItem, RejectedItem, SearchItem
from dci_common.spdci.search_response import MAX_BYTES, Answer, record_data, rejected, served
from dci_common.timestamps import day, timestamp
from dci_search.response import message, unserved

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.edge.http import Request
    from dci_common.runtime import Runtime
    from dci_common.spdci.envelope import SearchEnvelope

Compiled = tuple[SearchItem, CompiledSearch] | tuple[ReadItem, Rejection]
_DUPLICATE = Rejection("rjct.reference_id.duplicate", "reference_id must be unique in the message.")


class Requester(NamedTuple):
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
        self._signatures = Signatures(runtime)
        self._settings: AgingCache[str, RegistrySettings] = AgingCache(SETTINGS_SECONDS, runtime.clock)

    def answer(self, envelope: SearchEnvelope, request: Request, client: Client) -> str:
        """Return the answer to a message as JSON text, before the request's deadline, and log what it counts.

        Raises InvalidEnvelope when the client may not send the envelope, LimitExceeded when it exceeds a limit, and
        Unavailable when the disclosure cannot be recorded.
        """
        check_participants(envelope, client, self._runtime.settings.receiver_ids)
        proof = self._signatures.check(envelope, request.body, client, request.deadline)
        signer = self._signatures.signer(client, envelope.signature)
        items, log_fields = envelope.message.search_request, request.log_fields
        log_fields["items"] = len(items)
        if rejection := unserved(envelope):
            with self._sessions.open(client, envelope, request.correlation_id, max_records=0) as session:
                written = message(envelope, self._now(), request.correlation_id, rejection, signer)
                session.check_limits()
                proof.claim()
            return written
        budget = Budget(self._runtime.settings.max_examined, request.deadline)
        requester = Requester(client, day(self._runtime.clock()), budget)
        compiled = self._compile(items, requester)
        most = sum(search.max_records for _, search in compiled if isinstance(search, CompiledSearch))
        opened = self._sessions.open(client, envelope, request.correlation_id, most)
        try:
            with opened as session:
                answer = self._answer_items(compiled, requester, session, unsigned_bytes(MAX_BYTES, signer))
                written = message(envelope, self._now(), request.correlation_id, answer, signer)
                session.check_limits()
                if not isinstance(proof, Unsigned):
                    session.start_recording()
                    proof.claim()
        finally:
            log_fields |= {"examined": budget.examined, "read_units": budget.read_units}
        log_fields |= {"matched": answer.matched, "records": answer.records}
        return written

    def _compile(self, items: list[ReadItem], requester: Requester) -> list[Compiled]:
        """Compile each item, or return why it is rejected: how much a message asks for must be known to begin it."""
        seen: set[str] = set()
        compiled: list[Compiled] = []
        for item in items:
            if isinstance(item, RejectedItem):
                compiled.append((item, item.rejection))
            elif item.reference_id in seen:
                compiled.append((item, _DUPLICATE))
            else:
                seen.add(item.reference_id)
                compiled.append(self._compile_one(item, requester))
        return compiled

    def _compile_one(self, item: SearchItem, requester: Requester) -> Compiled:
        settings, client = self._settings.get("registry", self._store.settings), requester.client
        try:
            return item, compile_search(item.search_criteria, client, settings, requester.today, item.pagination)
        except (Rejection, QueryError) as error:
            return item, rejection_of(error)

    def _answer_items(
        self, compiled: list[Compiled], requester: Requester, session: DisclosureSession, most_bytes: int
    ) -> Answer:
        answer = Answer(most_bytes)
        for entry in compiled:
            match entry:
                case item, Rejection() as rejection:
                    answer.add(rejected(item, self._now(), rejection))
                case SearchItem() as item, CompiledSearch() as search:
                    self._add_search(answer, item, search, requester, session)
        return answer

    def _add_search(
        self,
        answer: Answer,
        item: SearchItem,
        search: CompiledSearch,
        requester: Requester,
        session: DisclosureSession,
    ) -> None:
        try:
            answer.add(self._search(item, search, requester, session))
        except (Rejection, QueryError) as error:
            rejection = rejection_of(error)
            if isinstance(error, TooManyMatches):
                session.record_probe(audited_search(item, search), rejection.code)
            answer.add(rejected(item, self._now(), rejection))

    def _search(
        self, item: SearchItem, search: CompiledSearch, requester: Requester, session: DisclosureSession
    ) -> dict[str, Any]:
        today = requester.today
        cursor, record_type = search.page.cursor, search.record_type
        start = self._cursors.open(cursor, search.digest) if cursor else None
        found = self._engine.search(search.query, search.visibility, search.window(start), requester.budget)
        records = disclosed_records(record_type.kind, found.views, search.disclosure, today, found.identified)
        members = shown_members(record_type.kind, found.views, search.disclosure, today)
        charge = len(found.views) + len(members) or min(found.total, 1)
        session.record_disclosure(audited_search(item, search), records, charge)
        following = found.next_position if search.page.size else None
        next_cursor = self._cursors.seal(PageStart(following, found.total), search.digest) if following else None
        pagination = search.page.pagination(len(found.views), found.total, next_cursor)
        rendered = [record_type.render(view, search.disclosure, today) for view in found.views]
        return served(item, self._now(), record_data(search.reg_type, record_type.name, rendered), pagination)

    def _now(self) -> str:
        return timestamp(self._runtime.clock())
