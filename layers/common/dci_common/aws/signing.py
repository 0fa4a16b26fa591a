"""AWS Signature Version 4, with the credentials that Lambda gives a function."""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from botocore.exceptions import NoCredentialsError

if TYPE_CHECKING:
    from botocore.credentials import Credentials as RenewedCredentials
    from botocore.session import Session

_ALGORITHM = "AWS4-HMAC-SHA256"
_lookup_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys that sign; `token` is empty where they are not temporary."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


def credentials(environment: Mapping[str, str] = os.environ) -> Credentials:
    """Return the credentials in force. Raises botocore's NoCredentialsError.

    Lambda passes the keys of a function's role in environment variables. With SnapStart it passes an address to fetch
    them from instead, since keys in a snapshot would have expired. botocore fetches those, and finds all others.
    """
    if environment.get("AWS_ACCESS_KEY_ID"):
        return Credentials(
            environment["AWS_ACCESS_KEY_ID"],
            environment.get("AWS_SECRET_ACCESS_KEY", ""),
            environment.get("AWS_SESSION_TOKEN", ""),
        )
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


def sign(
    headers: Mapping[str, str], body: bytes, keys: Credentials, *, service: str, region: str, now: float | None = None
) -> dict[str, str]:
    """Return the headers of a `POST /` with its signature added.

    The names of `headers` are in lower case, and `host` is one of them. `now` is in epoch seconds.
    """
    timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    token = {"x-amz-security-token": keys.token} if keys.token else {}
    signed = {**headers, "x-amz-date": timestamp, **token}
    names = sorted(signed)
    signed_headers = ";".join(names)
    request = "\n".join(
        [
            "POST",
            "/",
            "",
            *(f"{name}:{signed[name]}" for name in names),
            "",
            signed_headers,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{timestamp[:8]}/{region}/{service}/aws4_request"
    string_to_sign = "\n".join([_ALGORITHM, timestamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    signature = hmac.new(_signing_key(keys.secret_key, scope), string_to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = (
        f"{_ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={signed_headers}, Signature={signature}"
    )
    return {**signed, "authorization": authorization}


@lru_cache(maxsize=8)
def _signing_key(secret_key: str, scope: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
