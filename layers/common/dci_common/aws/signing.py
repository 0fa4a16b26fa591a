"""Signing requests to AWS (Signature Version 4), with the credentials that Lambda gives a function."""

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
    from botocore.credentials import Credentials as Found
    from botocore.session import Session

_ALGORITHM = "AWS4-HMAC-SHA256"
_one_looks = threading.Lock()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signs; `token` is empty where the keys are not temporary."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


def credentials(environment: Mapping[str, str] = os.environ) -> Credentials:
    """Return the credentials in force. Raises botocore's NoCredentialsError.

    Lambda gives a function its role's keys as variables; with SnapStart it says where to ask for them instead, since
    those in a snapshot would be over. That is left to botocore, as is finding any others.
    """
    if environment.get("AWS_ACCESS_KEY_ID"):
        return Credentials(
            environment["AWS_ACCESS_KEY_ID"],
            environment.get("AWS_SECRET_ACCESS_KEY", ""),
            environment.get("AWS_SESSION_TOKEN", ""),
        )
    with _one_looks:
        found = _found()
    if found is None:
        raise NoCredentialsError
    now = found.get_frozen_credentials()
    return Credentials(now.access_key or "", now.secret_key or "", now.token or "")


@cache
def _found() -> Found | None:
    """Return what botocore finds: credentials that renew themselves."""
    return session().get_credentials()


@cache
def session() -> Session:
    """Make the session of botocore that looks for credentials; it does so when it is asked."""
    from botocore.session import get_session  # noqa: PLC0415 - that takes a quarter of a cold start

    return get_session()


def signed(
    headers: Mapping[str, str], body: bytes, who: Credentials, *, service: str, region: str, now: float | None = None
) -> dict[str, str]:
    """Return the headers of a `POST /` with those that sign it; `headers` are in lower case, `host` among them."""
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    token = {"x-amz-security-token": who.token} if who.token else {}
    sent = {**headers, "x-amz-date": at, **token}
    names = sorted(sent)
    listed = ";".join(names)
    request = "\n".join(
        ["POST", "/", "", *(f"{name}:{sent[name]}" for name in names), "", listed, hashlib.sha256(body).hexdigest()]
    )
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    text = "\n".join([_ALGORITHM, at, scope, hashlib.sha256(request.encode()).hexdigest()])
    signature = hmac.new(_key(who.secret_key, scope), text.encode(), hashlib.sha256).hexdigest()
    authorization = f"{_ALGORITHM} Credential={who.access_key}/{scope}, SignedHeaders={listed}, Signature={signature}"
    return {**sent, "authorization": authorization}


@lru_cache(maxsize=8)
def _key(secret_key: str, scope: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
