"""A function's HTTP application: it dispatches each event to its endpoint, and answers and logs every error."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dci_common.deadline import Deadline, calls_end_by
from dci_common.edge.errors import ErrorResponse, MethodNotAllowed, error_response, is_expected
from dci_common.edge.events import lambda_response, request_without_body, with_body
from dci_common.edge.http import NO_HEADERS, Request, Response
from dci_common.edge.origin import checked_origin
from dci_common.errors import NotFound
from dci_common.logs import LogFields, log_failure, log_request
from dci_common.runtime import Event, LambdaHandler, Runtime
from dci_common.timestamps import timestamp

_PREFIX, _NO_ROUTE = "/{prefix}", "$default"
Endpoint = Callable[[Request], Response]
ErrorBody = Callable[[ErrorResponse, Request, float], dict[str, Any]]


def spdci_error(error: ErrorResponse, request: Request, now: float) -> dict[str, Any]:
    """Return an error in both shapes of the standard at once: HttpErrorResponse and the ERR acknowledgement."""
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


class Resource(NamedTuple):
    """The methods of one path, the shape of its errors, and headers that all its responses have."""

    methods: Mapping[str, Endpoint]
    error_body: ErrorBody = spdci_error
    headers: Mapping[str, str] = NO_HEADERS


def application(resources: Mapping[str, Resource], runtime: Runtime, *, prefix: str = "") -> LambdaHandler:
    """Return the Lambda handler of a set of paths, spelled as in template.yaml; other paths answer 404.

    A path of the template that begins with `/{prefix}` is the one without it, if the request has this `prefix` there.
    Every call to AWS ends before Lambda stops the invocation, early enough for an answer.
    """
    unknown, clock = Resource({}), runtime.clock
    settings = runtime.settings
    origin_secrets = [one.encode() for one in (settings.origin_secret, settings.previous_origin_secret) if one]
    is_cold = True

    def handler(event: Event, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own object
        nonlocal is_cold
        started = time.perf_counter()
        request = _without_prefix(request_without_body(event, Deadline.of(context, clock)), prefix)
        if request.path == _NO_ROUTE:
            request = _without_slash(request, str(event.get("rawPath", "")), resources)
        resource = resources.get(request.path, unknown)
        try:
            request = checked_origin(request, origin_secrets)
            with calls_end_by(request.deadline):
                endpoint = _endpoint(resource, request)
                request = with_body(request, event)
                response = endpoint(request)
        except Exception as error:  # noqa: BLE001 - unexpected ones are logged, and answered without their details
            response = _failed(error, resource, request, clock())
        if is_cold:
            request.log_fields["cold_start"], is_cold = 1, False
        latency = round(1000 * (time.perf_counter() - started), 3)
        log_request(_line(request, response, latency), settings.stack_name, clock())
        return lambda_response(response, resource.headers)

    return handler


def _without_prefix(request: Request, prefix: str) -> Request:
    is_served = prefix and request.parameters.get("prefix") == prefix
    return request._replace(path=request.path.removeprefix(_PREFIX)) if is_served else request


def _without_slash(request: Request, path: str, resources: Mapping[str, Resource]) -> Request:
    """Return a request for a path that ends with a slash, which no route does, as one for the path without it."""
    bare = path.removesuffix("/")
    return request._replace(path=bare) if bare in resources else request


def _endpoint(resource: Resource, request: Request) -> Endpoint:
    if not resource.methods:
        raise NotFound("There is nothing at this path; the API's paths are in its documentation.")
    endpoint = resource.methods.get(request.method)
    if endpoint is None:
        raise MethodNotAllowed(resource.methods)
    return endpoint


def _failed(error: Exception, resource: Resource, request: Request, now: float) -> Response:
    if not is_expected(error):
        log_failure(error, request.correlation_id)
    answer = error_response(error)
    request.log_fields["outcome"] = answer.code
    return Response.of(answer.status, resource.error_body(answer, request, now), answer.headers)


def _line(request: Request, response: Response, latency: float) -> LogFields:
    return {
        "method": request.method,
        "route": request.path,
        "correlation_id": request.correlation_id,
        "source": request.source,
        "status": response.status,
        "outcome": "ok",
        "latency": latency,
        **request.log_fields,
    }
