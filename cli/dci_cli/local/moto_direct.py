"""The short way of a request to moto's DynamoDB: to its handler at once.

moto compares the URL with the patterns of all its services, and makes a request of werkzeug, from which each handler
reads again what any service might need. That takes longer than most of what DynamoDB then does.
"""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any

from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.utils import get_service_model
from moto.dynamodb.responses import DynamoHandler

_TARGET = "DynamoDB_20120810."
_process: Any = BotocoreStubber.process_request


def process(stubber: BotocoreStubber, request: Any) -> Any:  # noqa: ANN401 - moto's own types
    """Answer a request of botocore's, or of the functions' own client."""
    target = _text(request.headers.get("X-Amz-Target", ""))
    found = DynamoHandler.region_regex.search(request.url)
    if not found or not target.startswith(_TARGET):
        return _process(stubber, request)
    handler = DynamoHandler()
    vars(handler).update(
        headers={"X-Amz-Target": target, "Content-Type": _text(request.headers["Content-Type"])},
        querystring={},
        region=found["region"],
        current_account=DEFAULT_ACCOUNT_ID,
        response_headers={"server": "amazon.com"},
        params=_parser(target.removeprefix(_TARGET)).parse({"body": request.body}),
        _enrich_response=_with_request_id,
    )
    return handler.call_action()


def _with_request_id(headers: dict[str, str], body: str) -> tuple[dict[str, str], str]:
    """Add the request's id. moto would look for one in the body, too, as if it were XML."""
    return {**headers, "x-amzn-requestid": uuid.uuid4().hex.upper()}, body


@cache
def _parser(operation: str) -> Any:  # noqa: ANN401 - moto's own types
    return PROTOCOL_PARSERS["json"](get_service_model("dynamodb").operation_model(operation), map_type=dict)


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header
