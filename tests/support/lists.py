"""Lists of the API, read to their end: other tests fill the same tables, so what is sought may be on any page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from support.api import Reply


def whole_list(send: Callable[[str], Reply], member: str, **query: str) -> list[dict[str, Any]]:
    """Return what all pages of a list have; `send` sends a query string."""
    found: list[dict[str, Any]] = []
    following: dict[str, str] | None = {}
    while following is not None:
        page = send(urlencode({"limit": "100", **query, **following})).json
        found += page[member]
        following = {"next": page["next"]} if "next" in page else None
    return found
