"""The endpoints of the audit: who saw whom, for auditors, and for the person whom it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from dci_common.cache import AgingCache
from dci_common.clients.model import is_client_id
from dci_common.clients.names import client_names
from dci_common.clients.store import ClientStore
from dci_common.edge.positions import read_limit
from dci_common.errors import InvalidRequest, NotFound
from dci_common.exchange.audit_days import IndexedDays, empty_until, reindexed_days
from dci_common.exchange.audit_pages import AuditPages, Filter, Kind, Page
from dci_common.exchange.audit_records import COLUMNS, Record, act_of, as_json, cells_of, keys_of, record_of
from dci_oversight.requests import Rows, next_of, read_parameters, read_span, respond, wants_csv
from dci_oversight.statement import STATEMENT_COLUMNS, is_disclosure, sent_fields, stated
from dci_oversight.subjects import SUBJECT, Named, named_records, subjects

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from datetime import datetime

    from dci_common.edge.http import Request, Response
    from dci_common.runtime import Runtime
    from dci_oversight.looks import Look
    from dci_oversight.requests import Parameters

_FILTERS = ("client_id", "kind", "route", "operator")  # of a period
_TABLE_SECONDS = 3600  # for which it is kept when the table was created
_PERIOD = ("since", "until", "limit", "next", "format", "reason")
_NO_CLIENT = "No client has, or had, this id: GET /administration-log shows those that were deleted."


class AuditEndpoints:
    """Endpoints that read AuditTable. Each look is recorded before it is answered, also one that finds nobody."""

    def __init__(self, runtime: Runtime, threads: Executor) -> None:
        self._runtime = runtime
        self._clients = ClientStore(runtime)
        self._pages = AuditPages(runtime, threads)
        self._empty_until: AgingCache[str, datetime | None] = AgingCache(_TABLE_SECONDS, runtime.clock)

    def audit(self, request: Request, look: Look) -> Response:
        """Return a page of who saw a person or a group, what a client saw, or all of a period; the newest first."""
        parameters = read_parameters(request, *SUBJECT, *_FILTERS, *_PERIOD)
        if parameters.keys() & set(_FILTERS) and parameters.keys() & set(SUBJECT):
            raise InvalidRequest(f"Name a record, or filter a period by {', '.join(_FILTERS)}, and not both.")
        limit, kind = read_limit(parameters), _kind(parameters)
        named = self._looked_up("audit", parameters, look)
        span = read_span(parameters, self._runtime.clock(), is_bounded=not named.keys)
        if named.keys:
            page = self._pages.of_records(named.keys, span, limit)
            further = self._of_records(named)
        else:
            given = {name: parameters.get(name, "") for name in ("route", "operator")}
            wanted = Filter(client_id=self._client(parameters), kind=kind, **given)
            page, further = self._pages.of_days(span, limit, wanted), {}
        records = self._named(page)
        rows = map(cells_of, records) if wants_csv(request, parameters) else map(_entry, records)
        found = Rows("entries", COLUMNS, rows, next_of(page.following))
        return respond(request, parameters, found, further)

    def statement(self, request: Request, look: Look) -> Response:
        """Return a page of a citizen's statement: when, which organisation, which fields, and for what purpose."""
        parameters = read_parameters(request, *SUBJECT, *_PERIOD)
        limit = read_limit(parameters)
        span = read_span(parameters, self._runtime.clock(), is_bounded=False)
        named = self._looked_up("audit/statement", parameters, look)
        if not named.keys:
            raise InvalidRequest("Name the person or group: by person, group, identifier_type or phone.")
        page = self._pages.of_records(named.keys, span, limit, whole=False)
        disclosures = [record for record in self._named(page) if is_disclosure(record)]
        found = Rows("disclosures", STATEMENT_COLUMNS, map(stated, disclosures), next_of(page.following))
        return respond(request, parameters, found, self._of_records(named))

    def _looked_up(self, route: str, parameters: Parameters, look: Look) -> Named:
        """Return the records that are named, when the look has been recorded."""
        try:
            named = named_records(self._runtime, parameters)
        except (NotFound, InvalidRequest):  # either reveals something about an owner
            look.record(route, parameters)
            raise
        look.record(route, parameters, named.keys)
        return named

    def _client(self, parameters: Parameters) -> str:
        """Return the id of the client that is named; empty for any. Raises NotFound."""
        client_id = parameters.get("client_id", "")
        if client_id and not (is_client_id(client_id) and client_names(self._clients, [client_id])):
            raise NotFound(_NO_CLIENT)
        return client_id

    def _named(self, page: Page) -> list[Record]:
        """Return the records of a page, with the names of clients."""
        records = [record_of(item) for item in page.items]
        names = client_names(self._clients, (record["client_id"] for record in records if "client_id" in record))
        return [
            {**record, "client": name} if (name := names.get(record.get("client_id", ""))) else record
            for record in records
        ]

    def _of_records(self, named: Named) -> dict[str, Any]:
        """Return the records whom it is about, and since when the index has all that concerns them."""
        days = self._indexed_days()
        since = {"complete_since": str(days.complete_since)} if days.complete_since else {}
        by = {"identifier_type": named.identifier_type} if named.identifier_type else {}
        return {"subjects": subjects(self._runtime, named.keys), **by, "is_complete": days.is_complete, **since}

    def _indexed_days(self) -> IndexedDays:
        runtime, table = self._runtime, self._runtime.settings.audit_table
        stream = runtime.settings.audit_stream.rpartition("/")[2]
        since = self._empty_until.get(table, lambda: empty_until(runtime, table))
        return IndexedDays(stream=stream, reindexed=reindexed_days(runtime, table, stream), empty_until=since)


def _kind(parameters: Parameters) -> Kind | None:
    """Return which entries are asked for; None for all. Raises InvalidRequest."""
    name = parameters.get("kind")
    kind = next((kind for kind in get_args(Kind) if kind == name), None)
    if name is not None and kind is None:
        raise InvalidRequest(f"kind must be {' or '.join(get_args(Kind))}.")
    return kind


def _entry(record: Record) -> Record:
    keys, did = keys_of(record), act_of(record)
    fields = {"fields": sent_fields(record)} if did == "saw" and "disclosed" in record else {}
    return {**as_json(record), "did": did, "count": len(keys), "records": keys, **fields}
