"""Domain errors: what is wrong, in a sentence for the caller. They know nothing of HTTP.

`edge/errors.py` draws the whole tree and maps each error to its HTTP response.

A message says what is wrong, what is accepted and what to do. It never repeats what was sent.
"""

from __future__ import annotations


class DomainError(Exception):
    """A request that cannot be served; `message` is public."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidRequest(DomainError):
    """The request is malformed, or contradicts itself."""


class InvalidEnvelope(InvalidRequest):
    """A member of an SPDCI envelope is not accepted; `code` is the standard's `err.*` code for that member."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class UnsupportedGrantType(InvalidRequest):
    """The authorization server does not offer this grant (RFC 6749 §5.2)."""


class InvalidScope(InvalidRequest):
    """The client asks for a scope that it does not hold (RFC 6749 §5.2)."""


class UnauthorizedClient(InvalidRequest):
    """The authenticated client is not allowed to make this request (RFC 6749 §5.2)."""


class InvalidGrant(InvalidRequest):
    """The token was issued to another client (RFC 6749 §5.2)."""


class Unauthenticated(DomainError):
    """The request carries no access token (`token_sent` is false), or one that is not valid."""

    def __init__(self, message: str, *, token_sent: bool) -> None:
        super().__init__(message)
        self.token_sent = token_sent


class InvalidClient(DomainError):
    """Client authentication failed.

    The default message does not say which part was wrong. Another message is for faults that do not depend on the
    client.
    """

    def __init__(self, message: str = "Client authentication failed: check client_id and client_secret.") -> None:
        super().__init__(message)


class InsufficientScope(DomainError):
    """The access token is valid but carries none of `scopes`. Any of them suffices; the narrowest comes first."""

    def __init__(self, *scopes: str) -> None:
        wanted = " or ".join(scopes)
        super().__init__(f"The token does not carry the scope {wanted}: ask for it when requesting the token.")
        self.scopes = scopes


class NotEntitled(DomainError):
    """The client is not registered for what it asks."""


class NotFound(DomainError):
    """The thing that the request names does not exist."""


class Conflict(DomainError):
    """The request contradicts what is stored, such as a client name that is already taken."""


class VersionMismatch(DomainError):
    """The thing was changed since the version that the request names."""


class VersionRequired(DomainError):
    """The request must name the version that it changes."""


class LimitExceeded(DomainError):
    """The caller must wait `retry_after` seconds; None where waiting alone does not help."""

    def __init__(self, message: str, *, retry_after: int | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A temporary failure of the registry: the caller may repeat the request after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
