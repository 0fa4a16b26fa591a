"""The endpoint of the overview: what of all clients, exchanges and keys needs somebody.

Each part reads the beginning of an index, 100 entries at most, and shows 10 of them: its cost is the same with 10 and
with 10,000 clients. The parts are read at once. One that cannot be read is left out, and `unavailable` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dci_clients.exchange_parts import exchanges, subscribers
from dci_clients.key_endpoints import published_keys
from dci_clients.overview_parts import approvals, limits, secrets
from dci_clients.registry_part import followed
from dci_clients.request_counts import SECONDS, request_counts
from dci_common.cache import AgingCache
from dci_common.clients.names import client_names, named
from dci_common.clients.store import ClientStore
from dci_common.deadline import with_deadline
from dci_common.edge.http import Request, Response
from dci_common.errors import DomainError
from dci_common.logs import log_failure
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

Part = dict[str, Any] | list[Any]
_UNREADABLE = "This could not be read now: try again shortly."
_NO_METRICS = "This server keeps no metrics: it has no STACK_NAME."
_COUNTS_SECONDS = 60  # for which counts of requests are kept, because CloudWatch charges for them
_RECENT = 3600 // SECONDS  # steps of an hour
_PARTS = ("requests", "exchanges", "subscribers", "secrets", "keys", "limits", "approvals", "registry")
_UNAVAILABLE = "err.service.unavailable"


class Overview:
    """Reads the overview."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._clients = ClientStore(runtime)
        self._counts: AgingCache[str, dict[str, Any]] = AgingCache(_COUNTS_SECONDS, runtime.clock)

    def overview(self, _: Request) -> Response:
        """Return the overview."""
        readers: dict[str, Callable[[], Part]] = {
            "exchanges": lambda: exchanges(self._runtime),
            "subscribers": lambda: subscribers(self._runtime),
            "secrets": lambda: secrets(self._runtime),
            "keys": lambda: published_keys(self._runtime),
            "limits": lambda: limits(self._runtime),
            "approvals": lambda: approvals(self._runtime),
            "registry": lambda: followed(self._runtime),
        }
        if self._runtime.settings.stack_name:
            readers["requests"] = lambda: self._counts.get("counts", lambda: request_counts(self._runtime))
        parts, unavailable = self._read(readers)
        if "requests" not in readers:
            unavailable["requests"] = _NO_METRICS
        if not parts.get("registry"):  # it follows nothing
            parts.pop("registry", None)
        with suppress(BotoCoreError, ClientError, DomainError, ValueError):  # without the names there are the ids
            self._name(parts)
        body = {
            "at": timestamp(self._runtime.clock()),
            "health": _health(parts, unavailable.keys() & readers.keys()),
            **parts,
            **({"unavailable": unavailable} if unavailable else {}),
        }
        return Response.of(200, body)

    def _read(self, readers: dict[str, Callable[[], Part]]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the parts by their names, and why others could not be read."""
        parts, unavailable = dict[str, Any](), dict[str, str]()
        with ThreadPoolExecutor(len(readers), thread_name_prefix="overview") as threads:
            reading = {name: threads.submit(with_deadline(read)) for name, read in readers.items()}
        for name, part in reading.items():
            try:
                parts[name] = part.result()
            except Exception as error:  # noqa: BLE001 - of this part alone: the others are shown
                log_failure(error, "")
                unavailable[name] = _UNREADABLE
        return parts, unavailable

    def _name(self, parts: dict[str, Any]) -> None:
        """Add the names of clients to what has their ids."""
        entries = [entry for name, part in parts.items() if name != "approvals" for entry in _of_clients(part)]
        names = client_names(self._clients, (str(entry["client_id"]) for entry in entries))
        for entry in entries:
            entry.update(named(names, entry["client_id"]))


def _of_clients(part: object) -> Iterator[dict[str, Any]]:
    """Yield each object in a part that has the id of a client."""
    if isinstance(part, dict):
        if "client_id" in part:
            yield part
        for member in part.values():
            yield from _of_clients(member)
    elif isinstance(part, list):
        for member in part:
            yield from _of_clients(member)


def _health(parts: dict[str, Any], unread: set[str]) -> dict[str, Any]:
    """Return whether all is well, or which parts need somebody: some fail, as far as these are concerned."""
    found = parts.get("exchanges", {})
    needs = {
        "exchanges": any(found.get(name, {}).get("count") for name in ("dead", "refused", "paused")),
        "registry": parts.get("registry", {}).get("is_old", False),
        "secrets": any(one["is_last"] for one in parts.get("secrets", {}).get("ending", ())),
        **{name: bool(parts.get(name, {}).get("count")) for name in ("subscribers", "limits", "approvals")},
    }
    fails = {
        "exchanges": "overdue_since" in found.get("open", {}),
        "keys": "keys" in parts and not any(_signs_tokens(key) for key in parts["keys"]),
        "requests": any(
            sum(one["counts"][-_RECENT:])
            for one in parts.get("requests", {}).get("outcomes", ())
            if one["outcome"] == _UNAVAILABLE
        ),
        **dict.fromkeys(unread, True),
    }
    status = "failing" if any(fails.values()) else "attention" if any(needs.values()) else "ok"
    return {"status": status, "parts": [name for name in _PARTS if fails.get(name) or needs.get(name)]}


def _signs_tokens(key: dict[str, str]) -> bool:
    return (key["signs"], key["state"]) == ("tokens", "current")
