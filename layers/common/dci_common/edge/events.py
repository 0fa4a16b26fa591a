"""API Gateway's HTTP API events (payload 2.0) as requests, and responses as Lambda returns them."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import uuid
from collections.abc import Mapping
from typing import Any

from dci_common.deadline import Deadline
from dci_common.edge.errors import PayloadTooLarge
from dci_common.edge.http import MAX_BODY_BYTES, Request, Response
from dci_common.errors import InvalidRequest
from dci_common.runtime import Event

_CORRELATION_ID = re.compile(r"[A-Za-z0-9_=+/-]{1,99}")


def request_without_body(event: Event, deadline: Deadline) -> Request:
    """Return the request of an event with an empty body: reading everything else cannot fail."""
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    request_id = str(context.get("requestId", ""))
    return Request(
        method=str(http.get("method", "")).upper(),
        path=str(event.get("routeKey", "$default")).split(" ")[-1],
        parameters=event.get("pathParameters") or {},
        query=str(event.get("rawQueryString") or ""),
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        body=b"",
        correlation_id=request_id if _CORRELATION_ID.fullmatch(request_id) else str(uuid.uuid4()),
        domain=str(context.get("domainName", "")),
        source=str(http.get("sourceIp", "")),
        deadline=deadline,
        log_fields={},
    )


def with_body(request: Request, event: Event) -> Request:
    """Return the request with its body, without a byte order mark. Raises InvalidRequest or PayloadTooLarge."""
    text = event.get("body") or ""
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("The body cannot be decoded.") from error
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes: send fewer items at once.")
    return request._replace(body=body.removeprefix(codecs.BOM_UTF8))


def lambda_response(response: Response, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return a response for Lambda; `headers` are the resource's, which the response's own override."""
    usual = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", **headers}
    if response.body:
        usual["Content-Type"] = "application/json"
    return {
        "statusCode": response.status,
        "headers": {**usual, **response.headers},
        "body": response.body,
        "isBase64Encoded": response.is_base64,
    }
