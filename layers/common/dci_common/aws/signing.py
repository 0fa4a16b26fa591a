"""AWS Signature Version 4, with the credentials that Lambda gives a function."""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from botocore.exceptions import NoCredentialsError

if TYPE_CHECKING:
    from botocore.credentials import Credentials as RenewedCredentials
    from botocore.session import Session

_ALGORITHM = "AWS4-HMAC-SHA256"
_NAMES = "content-type;host;x-amz-date;x-amz-target"
_NAMES_WITH_TOKEN = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"  # noqa: S105 - names
_UNPRINTABLE = "A header holds a control character."
_lookup_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys that sign; `token` is empty where they are not temporary."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


def credential_source(environment: Mapping[str, str] = os.environ) -> Callable[[], Credentials]:
    """Return what returns the credentials in force, or raises botocore's NoCredentialsError.

    Lambda passes the keys of a function's role in environment variables, for as long as the process lives. With
    SnapStart it passes an address to fetch them from instead, since keys in a snapshot would have expired. botocore
    fetches those, and finds all others.
    """
    access_key = environment.get("AWS_ACCESS_KEY_ID")
    if not access_key:
        return _renewed_credentials
    keys = Credentials(
        access_key, environment.get("AWS_SECRET_ACCESS_KEY", ""), environment.get("AWS_SESSION_TOKEN", "")
    )
    return lambda: keys


def _renewed_credentials() -> Credentials:
    with _lookup_lock:
        found = _find_credentials()
    if found is None:
        raise NoCredentialsError
    now = found.get_frozen_credentials()
    return Credentials(now.access_key or "", now.secret_key or "", now.token or "")


@cache
def _find_credentials() -> RenewedCredentials | None:
    """Return the credentials that botocore finds, which it renews."""
    return session().get_credentials()


@cache
def session() -> Session:
    """Return botocore's session, which looks for credentials when it is asked for them."""
    from botocore.session import get_session  # noqa: PLC0415 - a quarter of a cold start, for SnapStart alone

    return get_session()


class Signer:
    """Signs requests `POST /` to a service in a region, at a host."""

    def __init__(self, service: str, region: str, host: str) -> None:
        self._host = host
        self._scope = f"/{region}/{service}/aws4_request"

    def head(self, target: str, content_type: str, body: bytes, keys: Credentials, now: float | None = None) -> str:
        """Return the first lines of a request, with its signature; `now` is in epoch seconds.

        What the caller adds, the length of the body at least, is not signed. Raises ValueError where a value would
        end its line; the error does not quote it.
        """
        before, after = _lines(content_type, self._host, keys.token, target)
        if not f"{self._scope}{keys.access_key}".isprintable():
            raise ValueError(_UNPRINTABLE)
        names = _NAMES_WITH_TOKEN if keys.token else _NAMES
        timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        lines = before + timestamp + after
        request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = timestamp[:8] + self._scope
        text = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        keyed = _signing_key(keys.secret_key, scope).copy()
        keyed.update(text.encode())
        sent = lines.replace("\n", "\r\n")
        return (
            f"POST / HTTP/1.1\r\n{sent}authorization: {_ALGORITHM} Credential={keys.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={keyed.hexdigest()}"
        )


@lru_cache(maxsize=64)
def _lines(content_type: str, host: str, token: str, target: str) -> tuple[str, str]:
    """Return the signed lines, in the order of their names, before and after the time."""
    if not f"{content_type}{host}{token}{target}".isprintable():
        raise ValueError(_UNPRINTABLE)
    token_line = f"x-amz-security-token:{token}\n" if token else ""
    return f"content-type:{content_type}\nhost:{host}\nx-amz-date:", f"\n{token_line}x-amz-target:{target}\n"


@lru_cache(maxsize=8)
def _signing_key(secret_key: str, scope: str) -> hmac.HMAC:
    """Return an HMAC with the key, to be copied: `hmac.digest` would hand the GIL to another thread each time."""
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, digestmod="sha256")
