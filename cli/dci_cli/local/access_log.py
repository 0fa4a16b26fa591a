"""The lines that the local server writes for each request and each callback: nothing of their content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import jwt

from dci_common.clients.model import is_client_id
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.exchange.exchanges import Exchange


def log_line(event: Mapping[str, Any], response: Mapping[str, Any], route: str, seconds: float) -> str:
    """Return the line of a request: when it came, route, status, client, and the correlation id of the response."""
    context = event["requestContext"]
    status = response["statusCode"]
    client = "" if status == HTTPStatus.UNAUTHORIZED else _client(event, response)
    came, method = context["timeEpoch"] / 1000, context["http"]["method"]
    correlation_id = _acknowledged(response) or context["requestId"]
    return (
        f"{timestamp(came)} {method} {route} {status} {seconds * 1000:.0f} ms"
        f" client={client or '-'} correlation_id={correlation_id}\n"
    )


def callback_line(exchange: Exchange, attempt: Item, when: str) -> str:
    """Return the line of an attempt to deliver: when it was, the receiver, its status, and when the next one is."""
    status, latency = attempt["http_status"]["N"], attempt["latency"]["N"]
    reason, following = attempt["reason"]["S"], attempt.get("next", {}).get("S", "")
    return (
        f"{when} POST {exchange.callback_address} {status} {latency} ms"
        f" client={exchange.client_id} correlation_id={exchange.correlation_id} {attempt['result']['S']}"
        f"{f' next={following}' if following else ''}{f': {reason}' if reason else ''}\n"
    )


def _acknowledged(response: Mapping[str, Any]) -> str:
    """Return the correlation id of an acknowledgement, which names its exchange; else ""."""
    try:
        message = json.loads(response["body"])["message"]
        return str(message["correlation_id"]) if message["ack_status"] == "ACK" else ""
    except (ValueError, KeyError, TypeError):
        return ""


def _client(event: Mapping[str, Any], response: Mapping[str, Any]) -> str:
    """Return the client that the request's token names, or the token that the response contains; else ""."""
    scheme, _, token = event["headers"].get("authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            token = json.loads(response["body"])["access_token"]
        claims = jwt.decode(token, options={"verify_signature": False})  # the function has verified it
        client_id = claims["client_id"]
    except (ValueError, KeyError, TypeError, jwt.PyJWTError):
        return ""
    return client_id if isinstance(client_id, str) and is_client_id(client_id) else ""
