"""The bodies of the standard's messages that this API sends, as JSON Schema: answers, acknowledgements, callbacks."""

from __future__ import annotations

from typing import Any

from dci_common.spdci.callback import NOTIFY, ON_SEARCH, ON_SUBSCRIBE, ON_UNSUBSCRIBE, TXN_ON_STATUS

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_MOMENT: Schema = {**TEXT, "format": "date-time"}


def closed(required: Schema, optional: Schema | None = None) -> Schema:
    """Return the schema of an object that has these members and no others."""
    return {**_open(required, optional), "additionalProperties": False}


def _open(required: Schema, optional: Schema | None = None) -> Schema:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _header(action: str) -> Schema:
    required = {
        "message_id": TEXT,
        "message_ts": _MOMENT,
        "action": {"const": action},
        "status": {"enum": ["succ", "rjct"]},
    }
    ids = dict.fromkeys(("version", "sender_id", "receiver_id", "status_reason_code", "status_reason_message"), TEXT)
    counts = {"total_count": _COUNT, "completed_count": _COUNT}
    return _open(required, {**ids, **counts, "is_msg_encrypted": {"const": False}})


def _message(action: str, message: Schema) -> Schema:
    return _open({"header": _header(action), "message": message}, {"signature": TEXT})


def _status(txn_type: str, response: Schema) -> Schema:
    return _open({"txn_type": {"const": txn_type}, "txn_status": response})


_RECORDS = _open(
    {"reg_record_type": TEXT, "reg_records": {"type": "array", "items": {"type": "object"}}},
    {"version": TEXT, "reg_type": TEXT},
)
_PAGINATION = _open(dict.fromkeys(("page_size", "page_number", "total_count"), _COUNT), {"next_cursor": TEXT})
_STATUSES: Schema = {"enum": ["succ", "rjct", "pdng"]}
_REASONS = dict.fromkeys(("status_reason_code", "status_reason_message"), TEXT)
_ITEM = _open(
    {"reference_id": TEXT, "timestamp": _MOMENT, "status": _STATUSES},
    {
        **_REASONS,
        "locale": TEXT,
        "data": _RECORDS,
        "pagination": _PAGINATION,
    },
)
_IDS = {"transaction_id": TEXT, "correlation_id": TEXT}
_SEARCH_RESPONSE = _open({**_IDS, "search_response": {"type": "array", "items": _ITEM}})
_STATES = {"enum": ["subscribe", "unsubscribe"]}
_SUBSCRIPTION = _open(
    {"code": TEXT, "status": _STATES, "timestamp": _MOMENT, "filter": {}},
    {
        **dict.fromkeys(("version", "reg_type", "reg_event_type", "filter_type", "notify_record_type"), TEXT),
        "frequency": closed({"start_time": _MOMENT, "end_time": _MOMENT, "frequency": TEXT}),
    },
)
_SUBSCRIBE_ITEM = _open(
    {"reference_id": TEXT, "timestamp": _MOMENT, "status": _STATUSES},
    {**_REASONS, "locale": TEXT, "subscriptions": {"type": "array", "items": _SUBSCRIPTION}},
)
_SUBSCRIBE_RESPONSE = _open({**_IDS, "subscribe_response": {"type": "array", "items": _SUBSCRIBE_ITEM}})
_UNSUBSCRIBE_RESPONSE = _open(
    {
        **_IDS,
        "timestamp": _MOMENT,
        "status": _STATUSES,
        "subscription_status": {"type": "array", "items": _open({"code": TEXT, "status": _STATES})},
    },
    _REASONS,
)
_RECORD: Schema = {"type": "object"}
_EVENT = _open(
    {
        "reference_id": TEXT,
        "timestamp": _MOMENT,
        "data": _open(
            {
                **dict.fromkeys(("reg_type", "reg_event_type", "reg_record_type"), TEXT),
                "reg_records": {
                    "oneOf": [_RECORD, {"type": "array", "items": _RECORD, "minItems": 1, "maxItems": 1}]
                },
            },
            {"version": TEXT},
        ),
    },
    {"locale": TEXT},
)
_NOTIFICATION = _open({"transaction_id": TEXT, "notify_event": {"type": "array", "items": _EVENT, "minItems": 1}})
_STATUS_OF = [
    _status("search", _SEARCH_RESPONSE),
    _status("subscribe", _SUBSCRIBE_RESPONSE),
    _status("unsubscribe", _UNSUBSCRIBE_RESPONSE),
]
_STATUS_RESPONSE = _open({**_IDS, "txnstatus_response": {"oneOf": _STATUS_OF}})
_CODE = closed({"code": {**TEXT, "pattern": "^err\\."}, "message": TEXT})
_ERRORS: Schema = {"type": "array", "items": _CODE, "minItems": 1}
_ERR: Schema = {
    "ack_status": {"const": "ERR"},
    "timestamp": _MOMENT,
    "correlation_id": TEXT,
    "error": _CODE,
}
_NO_ANSWER: Schema = {"transaction_id": TEXT, "search_response": {"type": "array", "maxItems": 0}}
_NO_STATUS: Schema = {"transaction_id": TEXT, "txnstatus_response": {"type": "object"}}
MESSAGES: Schema = {
    "Error": closed({"errors": _ERRORS, "message": closed(_ERR)}),
    "SearchError": closed(
        {"errors": _ERRORS, "header": _header(ON_SEARCH), "message": closed({**_ERR, **_NO_ANSWER})}
    ),
    "StatusError": closed(
        {"errors": _ERRORS, "header": _header(TXN_ON_STATUS), "message": closed({**_ERR, **_NO_STATUS})}
    ),
    "SearchAnswer": _message(ON_SEARCH, _SEARCH_RESPONSE),
    "StatusAnswer": _message(TXN_ON_STATUS, _STATUS_RESPONSE),
    "SubscribeAnswer": _message(ON_SUBSCRIBE, _SUBSCRIBE_RESPONSE),
    "UnsubscribeAnswer": _message(ON_UNSUBSCRIBE, _UNSUBSCRIBE_RESPONSE),
    "Notification": _message(NOTIFY, _NOTIFICATION),
    "Acknowledgement": closed(
        {"message": closed({"ack_status": {"const": "ACK"}, "timestamp": _MOMENT, "correlation_id": TEXT})}
    ),
    "ReceiverAnswer": {
        "description": "Any body, or none: only `ack_status` is read, and only NACK and ERR refuse the message.",
        "type": "object",
        "properties": {"message": {"type": "object", "properties": {"ack_status": TEXT}}},
    },
}
