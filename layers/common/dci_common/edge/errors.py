"""The one mapping from errors to HTTP responses: status, `err.*` code, OAuth error and headers.

| error | status | code | OAuth error (RFC 6749 §5.2) |
|---|---|---|---|
| DomainError | | | |
| ├── InvalidRequest | 400 | err.request.bad | invalid_request |
| │   ├── InvalidEnvelope | 400 | its own `code` | invalid_request |
| │   ├── UnsupportedGrantType | 400 | err.request.bad | unsupported_grant_type |
| │   ├── InvalidScope | 400 | err.request.bad | invalid_scope |
| │   ├── UnauthorizedClient | 400 | err.request.bad | unauthorized_client |
| │   └── InvalidGrant | 400 | err.request.bad | invalid_grant |
| ├── Unauthenticated | 401, WWW-Authenticate (RFC 6750 §3) | err.request.unauthorized | invalid_request |
| ├── InvalidClient | 401, WWW-Authenticate | err.request.unauthorized | invalid_client |
| ├── InsufficientScope | 403, WWW-Authenticate (RFC 6750 §3) | err.request.forbidden | invalid_request |
| ├── NotEntitled | 403 | err.request.forbidden | invalid_request |
| ├── NotFound | 404 | err.request.not_found | invalid_request |
| ├── Conflict | 409 | err.request.bad | invalid_request |
| ├── VersionMismatch | 412 (RFC 9110 §13.1.1) | err.request.bad | invalid_request |
| ├── VersionRequired | 428 (RFC 6585 §3) | err.request.bad | invalid_request |
| ├── LimitExceeded | 429, Retry-After | err.request.too_many_requests | temporarily_unavailable |
| └── Unavailable | 503, Retry-After | err.service.unavailable | temporarily_unavailable |
| HttpError, raised by the edge alone | | | |
| ├── MethodNotAllowed | 405, Allow | err.request.bad | invalid_request |
| ├── PayloadTooLarge | 413 | err.request.bad | invalid_request |
| └── UnsupportedMediaType | 415 | err.request.bad | invalid_request |
| BotoCoreError, ClientError | 503, Retry-After | err.service.unavailable | temporarily_unavailable |
| any other exception | 500 | err.service.unavailable | server_error |

An error without a row has the row of its parent: RegistryBusy, for example, is an Unavailable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from dci_common import errors


class HttpError(Exception):
    """A request that fails at the edge, before the domain sees it."""


class MethodNotAllowed(HttpError):
    """The route exists, but not for this method."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allow = ", ".join(sorted(allowed))
        super().__init__(f"This path answers {self.allow}.")


class PayloadTooLarge(HttpError):
    """The body is larger than any message that this API accepts."""


class UnsupportedMediaType(HttpError):
    """The content type is missing, or the route does not accept it."""


class ErrorResponse(NamedTuple):
    """An error as HTTP, SPDCI and OAuth name it."""

    status: int
    code: str
    oauth_error: str
    message: str
    headers: Mapping[str, str]


class Outcome(NamedTuple):
    """What an error of one class is called on the wire."""

    status: int
    code: str
    oauth_error: str = "invalid_request"


OUTCOMES: Mapping[type[Exception], Outcome] = {
    errors.InvalidRequest: Outcome(400, "err.request.bad"),
    errors.UnsupportedGrantType: Outcome(400, "err.request.bad", "unsupported_grant_type"),
    errors.InvalidScope: Outcome(400, "err.request.bad", "invalid_scope"),
    errors.UnauthorizedClient: Outcome(400, "err.request.bad", "unauthorized_client"),
    errors.InvalidGrant: Outcome(400, "err.request.bad", "invalid_grant"),
    errors.Unauthenticated: Outcome(401, "err.request.unauthorized"),
    errors.InvalidClient: Outcome(401, "err.request.unauthorized", "invalid_client"),
    errors.InsufficientScope: Outcome(403, "err.request.forbidden"),
    errors.NotEntitled: Outcome(403, "err.request.forbidden"),
    errors.NotFound: Outcome(404, "err.request.not_found"),
    MethodNotAllowed: Outcome(405, "err.request.bad"),
    errors.Conflict: Outcome(409, "err.request.bad"),
    errors.VersionMismatch: Outcome(412, "err.request.bad"),
    PayloadTooLarge: Outcome(413, "err.request.bad"),
    UnsupportedMediaType: Outcome(415, "err.request.bad"),
    errors.VersionRequired: Outcome(428, "err.request.bad"),
    errors.LimitExceeded: Outcome(429, "err.request.too_many_requests", "temporarily_unavailable"),
    errors.Unavailable: Outcome(503, "err.service.unavailable", "temporarily_unavailable"),
    Exception: Outcome(500, "err.service.unavailable", "server_error"),
}
_AWS_FAILED = errors.Unavailable("The registry cannot be reached; try again shortly.", retry_after=5)
_INTERNAL_ERROR = "The registry failed to answer; its operators have been informed."


def is_expected(error: Exception) -> bool:
    """Return whether the error is an answer to the caller, rather than a failure to be logged."""
    return _class_in_table(error) is not Exception


def error_response(error: Exception) -> ErrorResponse:
    """Return the response to an error; only an expected error's own message is in it."""
    if isinstance(error, BotoCoreError | ClientError):
        error = _AWS_FAILED
    outcome = OUTCOMES[_class_in_table(error)]
    code = error.code if isinstance(error, errors.InvalidEnvelope) else outcome.code
    message = str(error) if is_expected(error) else _INTERNAL_ERROR
    return ErrorResponse(outcome.status, code, outcome.oauth_error, message, _headers(error))


def _class_in_table(error: Exception) -> type[Exception]:
    return next(class_ for class_ in type(error).__mro__ if class_ in OUTCOMES)


def _headers(error: Exception) -> dict[str, str]:
    match error:
        case errors.Unauthenticated(token_sent=False):  # RFC 6750 §3.1: then the challenge names no error
            return {"WWW-Authenticate": "Bearer"}
        case errors.Unauthenticated():
            challenge = f'Bearer error="invalid_token", error_description="{error.message}"'
            return {"WWW-Authenticate": challenge}
        case errors.InvalidClient():
            return {"WWW-Authenticate": 'Basic realm="token"'}
        case errors.InsufficientScope():
            return {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{error.scopes[0]}"'}
        case MethodNotAllowed():
            return {"Allow": error.allow}
        case errors.LimitExceeded() | errors.Unavailable() if error.retry_after is not None:
            return {"Retry-After": str(error.retry_after)}
    return {}
