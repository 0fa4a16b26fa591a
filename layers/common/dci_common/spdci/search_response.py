"""The items of a search's response, serialised one by one so that their size is known before they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pydantic_core

from dci_common.registry.errors import TooManyMatches
from dci_common.spdci.envelope import VERSION
from dci_common.spdci.rejections import MAX_MESSAGE, Rejection

if TYPE_CHECKING:
    from dci_common.spdci.search_items import SearchItem

# Lambda's response is at most 6 MB, with the body as a JSON string in it. The difference is room for the envelope and
# for 100 items without records, whose ids are as long as allowed and full of escapes.
MAX_BYTES = 5_500_000


class AskedItem(Protocol):
    """What an answer repeats of an item of a message."""

    @property
    def reference_id(self) -> str:
        """The item's id."""

    @property
    def locale(self) -> str | None:
        """The language that it asked for."""


class Answer:
    """The response items so far, as JSON text, of at most so many bytes."""

    def __init__(self, most_bytes: int = MAX_BYTES) -> None:
        self._most_bytes = most_bytes
        self.items: list[str] = []
        self.records = self.matched = 0
        self._bytes = 0

    def add(self, item: dict[str, Any]) -> None:
        """Add an item. Raises TooManyMatches, and adds nothing, when its records do not fit into the response."""
        written = pydantic_core.to_json(item)  # several times faster than json
        # Lambda writes the body as a JSON string: every quote and backslash takes one byte more.
        size = len(written) + written.count(b'"') + written.count(b"\\") + 1
        records = len(item.get("data", {}).get("reg_records", ()))
        if records and self._bytes + size > self._most_bytes:
            raise TooManyMatches(
                "The records do not fit into one response: ask for smaller pages or fewer items at once."
            )
        self.items.append(written.decode())
        self.records += records
        self.matched += item.get("pagination", {}).get("total_count", 0)
        self._bytes += size


def served(item: SearchItem, now: str, data: dict[str, Any], pagination: dict[str, int | str]) -> dict[str, Any]:
    """Return the response item of a search that was served, whether or not anything matched."""
    return {**answered(item, now), "status": "succ", "data": data, "pagination": pagination}


def served_text(
    item: SearchItem, now: str, names: tuple[str, str], records: list[str], pagination: dict[str, int | str]
) -> str:
    """Return the response item of a search that was served as JSON text, from records that are JSON text already.

    `names` are the `reg_type` and the `reg_record_type`.
    """
    reg_type, record_type = names
    head = pydantic_core.to_json({**answered(item, now), "status": "succ", "pagination": pagination}).decode()
    data = pydantic_core.to_json({"version": VERSION, "reg_type": reg_type, "reg_record_type": record_type}).decode()
    return f'{head[:-1]},"data":{data[:-1]},"reg_records":[{",".join(records)}]}}}}'


def rejected(item: AskedItem, now: str, rejection: Rejection) -> dict[str, Any]:
    """Return the response item of a search that was rejected."""
    return {**answered(item, now), **rejection_members(rejection)}


def pending(item: AskedItem, now: str) -> dict[str, Any]:
    """Return the response item of a search that is not answered yet."""
    return {**answered(item, now), "status": "pdng"}


def record_data(reg_type: str, reg_record_type: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the `data` of a response item."""
    return {
        "version": VERSION,
        "reg_type": reg_type,
        "reg_record_type": reg_record_type,
        "reg_records": records,
    }


def rejection_members(rejection: Rejection) -> dict[str, Any]:
    """Return the members that say why an item, or a message, is rejected. A code is not always there."""
    code = {"status_reason_code": rejection.code} if rejection.code else {}
    return {"status": "rjct", **code, "status_reason_message": rejection.message[:MAX_MESSAGE]}


def answered(item: AskedItem, now: str) -> dict[str, Any]:
    """Return the members of a response item that it has whatever its answer is."""
    locale = {"locale": item.locale} if item.locale else {}
    return {"reference_id": item.reference_id, "timestamp": now, **locale}
