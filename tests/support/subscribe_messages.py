"""Messages that begin and end subscriptions, as partners send them."""

from __future__ import annotations

from typing import Any

TIMESTAMP = "2026-03-01T09:30:00Z"
FILTER = {"type": "UIN", "value": "847951632"}
SCHOOL_AGE: list[dict[str, Any]] = [
    {"seq_num": 1, "expression1": {"attribute_name": "birth_date", "operator": "gt", "attribute_value": "2015-01-01"}}
]
POOR = {
    "type": "ns:org:QueryType:NoSql",
    "value": {"expression": {"collection": "Group", "query": {"$and": [{"poverty_score": {"$lt": 5}}]}}},
}


def criteria(**members: object) -> dict[str, Any]:
    """Return criteria with what the standard's suite sends, and other members."""
    return {"reg_event_type": "REGISTER", "filter": FILTER, "notify_record_type": "SRPerson", **members}


def subscribe_item(reference_id: str = "r-1", **members: object) -> dict[str, Any]:
    """Return an item of a subscribe message."""
    return {"reference_id": reference_id, "timestamp": TIMESTAMP, "subscribe_criteria": criteria(), **members}


def subscribe_message(*items: object, action: str = "subscribe", **members: object) -> dict[str, Any]:
    """Return a subscribe message of these items, or of one."""
    requests = {"subscribe_request": list(items) or [subscribe_item()]}
    return _envelope(action, {"transaction_id": "t-1", **requests, **members})


def unsubscribe_message(action: str = "unsubscribe", **members: object) -> dict[str, Any]:
    """Return an unsubscribe message."""
    return _envelope(action, {"transaction_id": "t-1", **members})


def _envelope(action: str, message: dict[str, Any]) -> dict[str, Any]:
    ids = {"message_id": "m-1", "message_ts": TIMESTAMP, "action": action, "sender_id": "sp.example.org"}
    return {"header": {"version": "1.0.0", **ids, "total_count": 1}, "message": message}


def by(reference_id: str = "r-1", **members: object) -> dict[str, Any]:
    """Return an item with these members of its criteria."""
    return subscribe_item(reference_id, subscribe_criteria=criteria(**members))
