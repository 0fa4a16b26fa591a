"""A local API Gateway: HTTP requests become HTTP API events (payload 2.0) for the real handlers.

As in API Gateway, header names are in lower case, repeated headers are joined by a comma, a body that is not text or
JSON is in base64 (form bodies too), and `routeKey` and `pathParameters` come from the matching route.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from dci_common.runtime import LambdaHandler

_SINGLE, _GREEDY = re.compile(r"\\{(\w+)\\}"), re.compile(r"\\{(\w+)\\\+\\}")  # in escaped path templates
_TEXT = re.compile(r"text/.*|application/(json|javascript|xml|.*\+json|.*\+xml)")


@dataclass(frozen=True, slots=True)
class Match:
    """The route of a request: its path template (or `$default`), the path's parameters, and the handler."""

    template: str
    parameters: dict[str, str]
    handler: LambdaHandler


class Routes:
    """The routes of the deployment template: path templates, such as `/clients/{client_id}`, and `$default`."""

    def __init__(self, handlers: Mapping[str, LambdaHandler]) -> None:
        self._handlers = handlers
        # Literal paths have priority over those with parameters, and these over greedy ones.
        paths = sorted(
            (path for path in handlers if path != "$default"), key=lambda path: ("+}" in path, path.count("{"))
        )
        self._patterns = [
            (path, re.compile(_GREEDY.sub(r"(?P<\1>.+)", _SINGLE.sub(r"(?P<\1>[^/]+)", re.escape(path)))))
            for path in paths
        ]

    def find(self, path: str) -> Match:
        """Return the route of a request's raw path."""
        for template, pattern in self._patterns:
            if match := pattern.fullmatch(path):
                parameters = {name: unquote(value) for name, value in match.groupdict().items()}
                return Match(template, parameters, self._handlers[template])
        return Match("$default", {}, self._handlers["$default"])


def event_of(http: BaseHTTPRequestHandler, match: Match, body: bytes) -> dict[str, Any]:
    """Return the event of a request."""
    path, _, query = http.path.partition("?")
    content_type = http.headers.get("Content-Type", "").split(";")[0].strip().lower()
    is_text = bool(_TEXT.fullmatch(content_type)) and _is_utf8(body)
    now = datetime.now(UTC)
    route_key = "$default" if match.template == "$default" else f"ANY {match.template}"
    return {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name.lower(): ",".join(http.headers.get_all(name, [])) for name in http.headers},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "localhost",
            "http": {
                "method": http.command,
                "path": path,
                "protocol": http.request_version,
                "sourceIp": http.client_address[0],
                "userAgent": http.headers.get("User-Agent", ""),
            },
            "requestId": uuid.uuid4().hex,
            "routeKey": route_key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        **({"pathParameters": match.parameters} if match.parameters else {}),
        **({"body": body.decode() if is_text else base64.b64encode(body).decode()} if body else {}),
        "isBase64Encoded": bool(body) and not is_text,
    }


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
