"""Where a page of a list starts, as `next` of the page before: a key of DynamoDB, checked when it comes back."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import TypeVar

from dci_common.clients.store import MAX_PAGE
from dci_common.errors import InvalidRequest

# The members of a position in the index `clients`, in a list of one partition, and in the index `due` of exchanges.
INDEX_POSITION = ("pk", "sk", "listed", "name_key")
LOG_POSITION = ("pk", "sk")
DUE_POSITION = ("pk", "sk", "queue", "due")
_MEMBERS = dict.fromkeys((*INDEX_POSITION, *DUE_POSITION))
_DEFAULT_PAGE = 50
_MOST_READS = 20  # to fill a page
E = TypeVar("E")


def read_limit(parameters: Mapping[str, str]) -> int:
    """Return `limit`, how many entries a page has. Raises InvalidRequest."""
    limit = parameters.get("limit", str(_DEFAULT_PAGE))
    if not (limit.isascii() and limit.isdigit() and len(limit) <= len(str(MAX_PAGE)) and 1 <= int(limit) <= MAX_PAGE):
        raise InvalidRequest(f"limit must be a whole number from 1 to {MAX_PAGE}.")
    return int(limit)


def read_position(parameters: Mapping[str, str], members: tuple[str, ...], listed: str = "") -> dict[str, str] | None:
    """Return `next` of a list whose positions have these members; None on the first page. Raises InvalidRequest.

    `listed` is what a position in the index says of the list.
    """
    if not parameters.get("next"):
        return None
    try:
        position = json.loads(base64.b64decode(parameters["next"], altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        position = None
    well_formed = isinstance(position, dict) and position.keys() == set(members)
    if not well_formed or not all(map(_is_key, position.values())) or position.get("listed", "") != listed:
        raise invalid_next()
    return {name: str(value) for name, value in position.items()}


def position_text(position: Mapping[str, str] | None) -> str:
    """Return `next` for a position; empty after the last page."""
    if not position:
        return ""
    ordered = {name: position[name] for name in _MEMBERS if name in position}  # one position, one text
    return base64.urlsafe_b64encode(json.dumps(ordered).encode()).decode()


def next_page(position: Mapping[str, str] | None) -> dict[str, str]:
    """Return the member `next`, which says where the next page starts; nothing after the last page."""
    return {"next": position_text(position)} if position else {}


def filled_page(
    read: Callable[[int, Mapping[str, str] | None], tuple[list[E], Mapping[str, str] | None]],
    limit: int,
    after: Mapping[str, str] | None,
) -> tuple[list[E], Mapping[str, str] | None]:
    """Return a page of a list of which `read` leaves entries out; it is short where these are many."""
    found: list[E] = []
    for _ in range(_MOST_READS):
        page, after = read(limit - len(found), after)
        found += page
        if after is None or len(found) == limit:
            break
    return found, after


def invalid_next() -> InvalidRequest:
    """Return the error of a `next` that no page returned."""
    return InvalidRequest("next must be the value that the previous page returned, unchanged.")


def _is_key(value: object) -> bool:
    # The limits of a client's keys, which DynamoDB accepts.
    return isinstance(value, str) and value.isprintable() and 0 < len(value.encode()) <= 1000  # noqa: PLR2004
