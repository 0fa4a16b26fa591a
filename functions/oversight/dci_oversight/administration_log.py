"""The log of all that was administered: clients, keys, operators, and whatever else has entries in ClientsTable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dci_common.clients.items import LISTED_LOG
from dci_common.clients.model import is_client_id
from dci_common.clients.store import ClientStore
from dci_common.edge.positions import INDEX_POSITION, position_text, read_limit, read_position
from dci_oversight.requests import Rows, read_parameters, respond

if TYPE_CHECKING:
    from dci_common.edge.http import Request, Response
    from dci_common.runtime import Runtime
    from dci_oversight.looks import Look

LOG_COLUMNS = ("at", "kind", "id", "name", "act", "by", "by_name", "version", "secret_id", "changes")


def administration_log(runtime: Runtime, request: Request, look: Look) -> Response:
    """Return a page of the whole log, the newest entry first."""
    parameters = read_parameters(request, "limit", "next", "format", "reason")
    limit = read_limit(parameters)
    position = read_position(parameters, INDEX_POSITION, LISTED_LOG)
    look.record("administration-log", parameters)
    entries, following = ClientStore(runtime).whole_log_page(limit, position)
    rows = Rows("entries", LOG_COLUMNS, map(_entry, entries), position_text(following))
    return respond(request, parameters, rows, {})


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry with what it is about as `kind` and `id`."""
    about = str(entry["client_id"])
    kind = _kind(about)
    left_out = {"client_id"} if kind == "client" else {"client_id", "version"}  # which only clients have
    return {"kind": kind, "id": about, **{name: value for name, value in entry.items() if name not in left_out}}


def _kind(about: str) -> str:
    """Return what an entry is about: a `client`, an `operator` (by issuer and subject), or as it begins."""
    if is_client_id(about):
        return "client"
    return "operator" if "://" in about else about.partition("#")[0]
