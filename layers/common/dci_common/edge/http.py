"""HTTP requests and responses, as endpoints see them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from dci_common.deadline import Deadline
from dci_common.edge.errors import UnsupportedMediaType
from dci_common.json_text import json_text
from dci_common.logs import LogFields

MAX_BODY_BYTES = 1024 * 1024
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """One HTTP request.

    `path` is the route as template.yaml spells it. Header names are in lower case. `domain` is API Gateway's own,
    never the Host header. `source` is the address of the client, also behind CloudFront.

    `log_fields` go into the log line of the request: counts and generated ids, never a value from a record or a
    message.
    """

    method: str
    path: str
    parameters: Mapping[str, str]
    query: str
    headers: Mapping[str, str]
    body: bytes
    correlation_id: str
    domain: str
    source: str
    deadline: Deadline
    log_fields: LogFields

    def content_type(self) -> str:
        """Return the media type in lower case, without its parameters; empty when the header is missing."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def json_body(self) -> bytes:
        """Return the body of a request that must be JSON. Raises UnsupportedMediaType."""
        if self.content_type() != "application/json":
            raise UnsupportedMediaType("Send the request with Content-Type: application/json.")
        return self.body


class Response(NamedTuple):
    """An HTTP response; `body` is JSON text, or empty for none. With `is_base64`, it is bytes in base64."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = NO_HEADERS
    is_base64: bool = False

    @classmethod
    def of(cls, status: int, content: object, headers: Mapping[str, str] = NO_HEADERS) -> Response:
        """Build a response whose body is `content` as JSON."""
        return cls(status, json_text(content), headers)
