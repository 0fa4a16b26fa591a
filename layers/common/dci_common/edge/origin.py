"""Requests behind CloudFront: the secret that it adds to each of them, and the client's address, which it states."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence

from dci_common.edge.http import Request
from dci_common.errors import NotFound


def checked_origin(request: Request, secrets: Sequence[bytes]) -> Request:
    """Return a request whose `source` is the client's address.

    Without `secrets` there is no CloudFront, and the header with the address is ignored, since anyone can send it.
    Raises NotFound for a request that bypassed CloudFront.
    """
    if not secrets:
        return request
    sent = request.headers.get("x-origin-verify", "").encode("utf-8", "surrogatepass")
    if not any(hmac.compare_digest(sent, secret) for secret in secrets):
        raise NotFound("The API is not at this address: use its public one.")
    viewer = request.headers.get("x-viewer-address", "")
    return request._replace(source=viewer) if _is_address(viewer) else request


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text  # a scope id is any text
