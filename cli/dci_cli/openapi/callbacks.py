"""What the API sends to its partners: the callbacks of their messages, and notifications, which answer none."""

from __future__ import annotations

from typing import Any

from dci_cli.openapi.schemas import ref

Tree = dict[str, Any]
_JSON = "application/json"


def callback(name: str, summary: str, sends: str) -> Tree:
    """Return the callback of an operation: a request to the sender_uri of the message, or else to the default."""
    return {"callbacks": {name: {"{$request.body#/header/sender_uri}": {"post": _request(summary, sends)}}}}


def webhooks() -> Tree:
    """Return the requests that answer no message: to the client's notify_url, or the subscription's address."""
    return {"notify": {"post": _request("Events of subscriptions", "Notification")}}


def _request(summary: str, sends: str) -> Tree:
    body = {"content": {_JSON: {"schema": ref(sends)}}, "required": True}
    answer = {"content": {_JSON: {"schema": ref("ReceiverAnswer")}}}
    responses = {
        "2XX": {"description": "Delivered, unless the body says NACK or ERR: then refused", **answer},
        "401": {"description": "Attempted once more with a new token, if the client has OAuth"},
        "410": {"description": "The receiver is gone: nothing is sent to this client any more"},
        "413": {"description": "Sent again in smaller pages"},
        "default": {"description": "Attempted again later, for three days; Retry-After is honoured"},
    }
    return {"summary": summary, "requestBody": body, "responses": responses}
