"""The log of all that was administered: clients, keys, operators, and whatever else has entries in ClientsTable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dci_common.clients.items import LISTED_LOG, entry_from_item, log_key
from dci_common.clients.model import is_client_id
from dci_common.clients.store import ClientStore
from dci_common.edge.positions import (
    INDEX_POSITION,
    LOG_POSITION,
    invalid_next,
    position_text,
    read_limit,
    read_position,
)
from dci_common.errors import InvalidRequest
from dci_common.printable import has_part
from dci_oversight.requests import Rows, read_parameters, read_period, respond

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.clients.store import Bounds, Position, Wanted
    from dci_common.edge.http import Request, Response
    from dci_common.runtime import Runtime
    from dci_oversight.looks import Look
    from dci_oversight.requests import Parameters

LOG_COLUMNS = ("at", "kind", "id", "name", "act", "by", "by_name", "version", "secret_id", "changes")
_AUTHORS = ("by", "by_name", "approved_by", "approved_by_name")
_FILTERS = ("kind", "act", "by")
_KINDS = ("client", "operator", "keys", "exchange")


def administration_log(runtime: Runtime, request: Request, look: Look) -> Response:
    """Return a page of the whole log, or of what the parameters select, the newest entry first.

    A client's log and a period are read as they are. Other filters look at up to 1,000 entries for one page.
    """
    parameters = read_parameters(
        request, "client_id", *_FILTERS, "since", "until", "limit", "next", "format", "reason"
    )
    limit, client_id = read_limit(parameters), parameters.get("client_id", "")
    span = read_period(parameters, runtime.clock(), is_bounded=False)
    position = _position(parameters, client_id, span)
    wanted = _wanted(parameters)
    look.record("administration-log", parameters)
    store = ClientStore(runtime)
    if client_id:
        entries, following = store.log_page(client_id, limit, position, span, wanted)
    else:
        entries, following = store.whole_log_page(limit, position, span, wanted)
    rows = Rows("entries", LOG_COLUMNS, map(_entry, entries), position_text(following))
    return respond(request, parameters, rows, {})


def _position(parameters: Parameters, client_id: str, span: Bounds) -> Position | None:
    """Return where the page starts, in the log of a client or of all. Raises InvalidRequest."""
    if client_id and not is_client_id(client_id):
        raise InvalidRequest("client_id must be the id of a client.")
    members, listed = (LOG_POSITION, "") if client_id else (INDEX_POSITION, LISTED_LOG)
    position = read_position(parameters, members, listed)
    if position is None:
        return None
    key = position["sk" if client_id else "name_key"]
    is_of_client = not client_id or position["pk"] == log_key(client_id, "")["pk"]["S"]
    if not is_of_client or not span[0] <= key <= span[1]:
        raise invalid_next()
    return position


def _wanted(parameters: Parameters) -> Wanted | None:
    """Return which items the filters select; None for all. Raises InvalidRequest."""
    kind, act, by = (parameters.get(name, "") for name in _FILTERS)
    if kind not in {"", *_KINDS}:
        raise InvalidRequest(f"kind must be {' or '.join(_KINDS)}.")
    if not (kind or act or by):
        return None

    def is_wanted(item: Item) -> bool:
        entry = entry_from_item(item)
        is_act = kind in {"", _kind(entry["client_id"])} and act in {"", entry["act"]}
        return is_act and any(has_part(entry.get(name, ""), by) for name in _AUTHORS)

    return is_wanted


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
