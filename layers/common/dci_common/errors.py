"""Every error that a caller can meet, in one tree.

    ApiError                     an HTTP status, the standard's `err.*` code and a public sentence
    ├── BadRequest               400, or the envelope's own `err.*` code
    ├── Unauthorized             401, no token or a bad one (RFC 6750)
    ├── InvalidClient            401, the token endpoint's refusal (RFC 6749 §5.2)
    ├── Forbidden                403, the token lacks a scope (RFC 6750)
    ├── NotFound                 404
    ├── MethodNotAllowed         405, with `Allow`
    ├── Conflict                 409
    ├── PreconditionFailed       412
    ├── PayloadTooLarge          413
    ├── UnsupportedMediaType     415
    ├── PreconditionRequired     428
    ├── TooManyRequests          429, with `Retry-After`
    └── ServiceUnavailable       503, with `Retry-After`
    Rejection                    one search item that can not be served: a `rjct.*` code and a sentence

A message is read by the partner: it says what to change, and never repeats what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class ApiError(Exception):
    """A request that ends in an HTTP error.

    `oauth_error` is the same fault in the words of RFC 6749 §5.2, for the token endpoint.
    """

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "err.service.unavailable"
    default_oauth_error: ClassVar[str] = ""

    def __init__(self, message: str, *, code: str = "", oauth_error: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        usual = "invalid_request" if self.status < 500 else "server_error"  # noqa: PLR2004
        self.oauth_error = oauth_error or self.default_oauth_error or usual
        self.headers: dict[str, str] = {}


class BadRequest(ApiError):
    """The request is malformed; `code` narrows it to one of the envelope's `err.*` codes."""

    status = 400
    default_code = "err.request.bad"


class Unauthorized(ApiError):
    """No bearer token (then `WWW-Authenticate` names no error, RFC 6750 §3.1) or one that does not hold."""

    status = 401
    default_code = "err.request.unauthorized"

    def __init__(self, message: str, *, token_sent: bool) -> None:
        super().__init__(message)
        challenge = f'Bearer error="invalid_token", error_description="{message}"' if token_sent else "Bearer"
        self.headers = {"WWW-Authenticate": challenge}


class InvalidClient(ApiError):
    """Client authentication failed: the usual sentence tells nothing of which part was wrong.

    Another one is for what is wrong whoever the client is.
    """

    status = 401
    default_code = "err.request.unauthorized"
    default_oauth_error = "invalid_client"

    def __init__(self, message: str = "Client authentication failed: check client_id and client_secret.") -> None:
        super().__init__(message)
        self.headers = {"WWW-Authenticate": 'Basic realm="token"'}


class Forbidden(ApiError):
    """The token is good but carries none of `scopes`, of which any suffices, the least of them first."""

    status = 403
    default_code = "err.request.forbidden"

    def __init__(self, *scopes: str) -> None:
        wanted = " or ".join(scopes)
        super().__init__(f"The token does not carry the scope {wanted}: ask for it when requesting the token.")
        self.headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scopes[0]}"'}


class NotFound(ApiError):
    """No such route, or no such client."""

    status = 404
    default_code = "err.request.not_found"


class MethodNotAllowed(ApiError):
    """The route exists, but not for this method."""

    status = 405
    default_code = "err.request.bad"

    def __init__(self, allowed: Iterable[str]) -> None:
        allow = ", ".join(sorted(allowed))
        super().__init__(f"This path answers {allow}.")
        self.headers = {"Allow": allow}


class Conflict(ApiError):
    """What was asked contradicts what is there, such as a client name already taken."""

    status = 409
    default_code = "err.request.bad"


class PreconditionFailed(ApiError):
    """`If-Match` names another version than the one that is there (RFC 9110 §13.1.1)."""

    status = 412
    default_code = "err.request.bad"


class PayloadTooLarge(ApiError):
    """The body is larger than any message this API takes."""

    status = 413
    default_code = "err.request.bad"


class UnsupportedMediaType(ApiError):
    """The content type is missing, or not one that the route takes."""

    status = 415
    default_code = "err.request.bad"


class PreconditionRequired(ApiError):
    """The request must say with `If-Match` which version it changes (RFC 6585 §3)."""

    status = 428
    default_code = "err.request.bad"


class TooManyRequests(ApiError):
    """The caller must wait `retry_after` seconds; None where waiting alone is of no use."""

    status = 429
    default_code = "err.request.too_many_requests"
    default_oauth_error = "temporarily_unavailable"

    def __init__(self, message: str, *, retry_after: int | None) -> None:
        super().__init__(message)
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


class ServiceUnavailable(ApiError):
    """Our fault, and passing: the caller may repeat the request after `retry_after` seconds."""

    status = 503
    default_oauth_error = "temporarily_unavailable"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(retry_after)}


class Rejection(Exception):
    """A search item that can not be served, in a message whose other items are (`status: rjct`, HTTP 200)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
