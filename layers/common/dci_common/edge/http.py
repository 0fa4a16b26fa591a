"""HTTP requests and responses, as endpoints see them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

from dci_common.deadline import Deadline
from dci_common.edge.errors import UnsupportedMediaType
from dci_common.errors import InvalidRequest
from dci_common.json_text import json_text
from dci_common.logs import LogFields

MAX_BODY_BYTES = 1024 * 1024
# Where a number may not be finite: NaN, Infinity, a large exponent, or more digits than a float has.
_SUSPICIOUS = re.compile(rb"NaN|Infinity|[eE]\+?[0-9]{3}|[0-9]{309}")
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
        """Return the body of a request that must be JSON. Raises UnsupportedMediaType, and as `check_numbers`."""
        if self.content_type() != "application/json":
            raise UnsupportedMediaType("Send the request with Content-Type: application/json.")
        check_numbers(self.body)
        return self.body


def check_numbers(body: bytes) -> None:
    """Raise InvalidRequest for a number that JSON does not have (RFC 8259 §6), which parsers accept all the same."""
    if not _SUSPICIOUS.search(body):
        return
    with suppress(ValueError, RecursionError):  # who reads the body reports what is not JSON at all
        json.loads(body, parse_constant=_finite, parse_float=_finite)


def _finite(number: str) -> float:
    if not math.isfinite(float(number)):
        raise InvalidRequest("The body has a number that JSON does not have, such as NaN, or one that is too large.")
    return float(number)


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
