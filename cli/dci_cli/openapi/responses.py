"""The responses of operations: success, and the errors that each can have."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from dci_cli.openapi.schemas import ref

Tree = dict[str, Any]
JSON = "application/json"
ERRORS = {
    400: "The request is malformed; the message says where",
    401: "The client is not authenticated",
    403: "The token does not have the scope, or the role",
    404: "Not found",
    409: "It conflicts with the current state; the message says what to do",
    412: "The client, or the approval, has changed since",
    413: "The body is too large",
    415: "The Content-Type is not supported",
    428: "If-Match is missing",
    429: "Too many requests or failures: wait Retry-After seconds",
    500: "An internal error",
    503: "Try again after Retry-After seconds",
}
# Changes alone have If-Match. A message names nothing that could be missing.
OF_READS = ERRORS.keys() - {412, 428}
OF_MESSAGES = OF_READS - {404, 409}


def responses(status: int, returns: str | None, error: str, statuses: Set[int]) -> Tree:
    """Return the responses of an operation: its success, and references to those of errors."""
    shape = {"schema": ref(returns) if returns else {"type": "object"}}
    success = {"description": "Done", **({"content": {JSON: shape}} if returns is not None else {})}
    return {
        str(status): success,
        **{str(code): {"$ref": f"#/components/responses/{error}{code}"} for code in sorted(statuses)},
    }


def error_responses() -> Tree:
    """Return the errors that operations share, by the names of their shapes and their statuses."""
    return {
        f"{error}{code}": {"description": description, "content": {JSON: {"schema": ref(error)}}}
        for error in ("Error", "SearchError", "StatusError", "OAuthError")
        for code, description in ERRORS.items()
    }
