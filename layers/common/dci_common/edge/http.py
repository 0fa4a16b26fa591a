"""The HTTP edge: an API Gateway HTTP API event (payload 2.0) in, a response out, every error in between."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.deadline import Deadline
from dci_common.edge.logs import LogFields, log_failure, log_request
from dci_common.errors import (
    ApiError,
    BadRequest,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    ServiceUnavailable,
    UnsupportedMediaType,
)
from dci_common.runtime import Event, LambdaHandler, Runtime
from dci_common.timestamps import timestamp

MAX_BODY_BYTES = 1024 * 1024
_CORRELATION_ID = re.compile(r"[A-Za-z0-9_=+/-]{1,99}")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are in lower case; `domain` is API Gateway's own, never the Host header.

    `source` is the address that the request came from.

    `facts` is what the log line of this request will say beside its outcome: counts and ids of ours, never a
    value from a record or a message.
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
    facts: LogFields = field(default_factory=dict)

    def content_type(self) -> str:
        """Return the media type in lower case, without its parameters; empty when there is none."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def json_body(self) -> bytes:
        """Return the body of a request that must be JSON. Raises UnsupportedMediaType."""
        if self.content_type() != "application/json":
            raise UnsupportedMediaType("Send the request with Content-Type: application/json.")
        return self.body


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; `body` is JSON text, or empty for none."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, content: object, headers: Mapping[str, str] | None = None) -> Response:
        """Build a response whose body is `content` as JSON."""
        return cls(status, to_json(content), headers or {})


Endpoint = Callable[[Request], Response]
ErrorBody = Callable[[ApiError, Request, float], object]


def spdci_error(error: ApiError, request: Request, now: float) -> object:
    """Render an error in both shapes of the standard at once: HttpErrorResponse and the ERR acknowledgement."""
    entry = {"code": error.code, "message": error.message}
    return {
        "errors": [entry],
        "message": {
            "ack_status": "ERR",
            "timestamp": timestamp(now),
            "correlation_id": request.correlation_id,
            "error": entry,
        },
    }


@dataclass(frozen=True, slots=True)
class Resource:
    """The methods of one path, and the shape in which it tells errors."""

    methods: Mapping[str, Endpoint]
    error_body: ErrorBody = spdci_error
    headers: Mapping[str, str] = field(default_factory=dict)


def to_json(content: object) -> str:
    """Write JSON as it goes on the wire: compact, in UTF-8 rather than escapes."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def application(resources: Mapping[str, Resource], runtime: Runtime) -> LambdaHandler:
    """Make the Lambda handler of a set of paths, as they stand in template.yaml (`$default` is everything else)."""
    unknown, clock = Resource({}), runtime.clock
    origin_secret = runtime.settings.origin_secret.encode()
    is_cold = True

    def handler(event: Event, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own object
        nonlocal is_cold
        began = time.perf_counter()
        request = _request_envelope(event, _deadline(context, clock))
        resource = resources.get(request.path, unknown)
        try:
            _check_origin(request, origin_secret)
            response = _dispatch(resource, request, event)
        except ApiError as error:
            response = Response.of(error.status, resource.error_body(error, request, clock()), error.headers)
            request.facts["outcome"] = error.code
        if is_cold:
            request.facts["cold_start"], is_cold = 1, False
        latency = round(1000 * (time.perf_counter() - began), 3)
        log_request(_line(request, response, latency), clock())
        return _lambda_response(response, resource)

    return handler


def _check_origin(request: Request, secret: bytes) -> None:
    """Refuse what has not come through the front door, where the deployment has one."""
    sent = request.headers.get("x-origin-verify", "").encode("utf-8", "surrogatepass")
    if secret and not hmac.compare_digest(sent, secret):
        raise NotFound("The API is not at this address: use its public one.")


def _line(request: Request, response: Response, latency: float) -> LogFields:
    return {
        "method": request.method,
        "route": request.path,
        "correlation_id": request.correlation_id,
        "status": response.status,
        "outcome": "ok",
        "latency": latency,
        **request.facts,
    }


def _dispatch(resource: Resource, request: Request, event: Event) -> Response:
    try:
        if not resource.methods:
            raise NotFound("There is nothing at this path; the API's paths are in its documentation.")
        endpoint = resource.methods.get(request.method)
        if endpoint is None:
            raise MethodNotAllowed(resource.methods)
        return endpoint(_with_body(request, event))
    except ApiError:
        raise
    except (BotoCoreError, ClientError) as error:
        log_failure(error, request.correlation_id)
        raise ServiceUnavailable("The registry can not be reached; try again shortly.", retry_after=5) from error
    except Exception as error:  # the last net: a fault of ours is told without its details
        log_failure(error, request.correlation_id)
        raise ApiError("The registry failed to answer; its operators have been told.") from error


def _deadline(context: Any, clock: Callable[[], float]) -> Deadline:  # noqa: ANN401 - Lambda's own object
    """Return when Lambda stops the function; the local server says nothing of that."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return Deadline(clock() + remaining() / 1000 if remaining else None, clock)


def _request_envelope(event: Event, deadline: Deadline) -> Request:
    """Read all but the body, of which only reading can fail."""
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
    )


def _with_body(request: Request, event: Event) -> Request:
    text = event.get("body") or ""
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (binascii.Error, ValueError) as error:
        raise BadRequest("The body can not be decoded.") from error
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes: send fewer items at once.")
    return replace(request, body=body)


def _lambda_response(response: Response, resource: Resource) -> dict[str, Any]:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", **resource.headers}
    if response.body:
        headers["Content-Type"] = "application/json"
    return {
        "statusCode": response.status,
        "headers": {**headers, **response.headers},
        "body": response.body,
        "isBase64Encoded": False,
    }
