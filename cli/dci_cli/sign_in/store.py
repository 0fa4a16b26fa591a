"""The people signed in on this machine: a private file beside the profiles, with the tokens for each API.

`sign-ins.json` is an object by the base URL of the API. A token is sent to that URL, and to no other. After a logout
the provider's names stay, so that the next login needs no options.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from dci_cli.command_error import CommandError
from dci_cli.private_file import read_private, write_private
from dci_cli.profiles import settings_folder
from dci_cli.sign_in.provider import GrantEnded, Tokens, discover, is_token, request_tokens

_EARLY_SECONDS = 30  # before its end, a token is renewed


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where and how a person signs in, and their tokens, which are empty after a logout.

    `expires` is the epoch second at which the access token ends.
    """

    issuer: str
    application: str
    scope: str
    resource: str
    redirect_uri: str
    access_token: str = ""
    refresh_token: str = ""
    expires: int = 0

    def with_tokens(self, tokens: Tokens, now: float) -> SignIn:
        """Return it with new tokens. A provider that sends no new refresh token lets the old one stand."""
        return replace(
            self,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token or self.refresh_token,
            expires=int(now) + tokens.lifetime,
        )

    def without_tokens(self) -> SignIn:
        """Return it as after a logout."""
        return replace(self, access_token="", refresh_token="", expires=0)


def read_sign_in(api: str) -> SignIn | None:
    """Return the sign-in for an API. Raises CommandError."""
    content = _read().get(_key(api))
    if content is None:
        return None
    try:
        found = SignIn(**content)
    except TypeError as error:
        raise _broken() from error
    if not all(type(value) is (int if name == "expires" else str) for name, value in content.items()):
        raise _broken()
    if found.access_token and not is_token(found.access_token):  # http.client's error would quote it
        raise _broken()
    return found


def write_sign_in(api: str, sign_in: SignIn) -> None:
    """Write or replace the sign-in for an API. Raises CommandError."""
    with _locked():
        _write(api, sign_in)


def forget_tokens(api: str) -> SignIn | None:
    """Remove the tokens for an API, and return the sign-in as it was; None if nobody is signed in.

    Raises CommandError.
    """
    with _locked():  # a command may be renewing the tokens, and the new ones are those to forget
        found = read_sign_in(api)
        if found is None or not found.access_token:
            return None
        _write(api, found.without_tokens())
    return found


def current_token(api: str, now: float) -> str | None:
    """Return the access token of the person who is signed in, renewed if it ends; None if nobody is.

    Raises CommandError when it cannot be renewed: a command does not go on as somebody else.
    """
    found = read_sign_in(api)
    if found is None or not found.access_token:
        return None
    if now < found.expires - _EARLY_SECONDS:
        return found.access_token
    with _locked():  # a refresh token can often be used once, so that one process renews at a time
        found = read_sign_in(api) or found
        if now >= found.expires - _EARLY_SECONDS:
            found = _renewed(api, found, now)
    return found.access_token


def _renewed(api: str, sign_in: SignIn, now: float) -> SignIn:
    if not sign_in.refresh_token:
        raise _ended(api)
    form = {
        "grant_type": "refresh_token",
        "refresh_token": sign_in.refresh_token,
        "client_id": sign_in.application,
        **({"resource": sign_in.resource} if sign_in.resource else {}),
    }
    try:
        renewed = sign_in.with_tokens(request_tokens(discover(sign_in.issuer), form), now)
    except GrantEnded as error:
        raise _ended(api) from error
    _write(api, renewed)
    return renewed


def _ended(api: str) -> CommandError:
    return CommandError(f"Your sign-in for {api} has ended: run `dci login`, or `dci logout` to go on as a client.")


def _key(api: str) -> str:
    return api.rstrip("/")


def _write(api: str, sign_in: SignIn) -> None:
    content = {**_read(), _key(api): asdict(sign_in)}
    write_private(settings_folder() / "sign-ins.json", json.dumps(content, indent=2) + "\n")


def _read() -> Mapping[str, Any]:
    try:
        content = json.loads(read_private(settings_folder() / "sign-ins.json") or "{}")
    except (ValueError, RecursionError) as error:
        raise _broken() from error
    if not isinstance(content, dict):
        raise _broken()
    return content


def _broken() -> CommandError:
    return CommandError(f"{settings_folder() / 'sign-ins.json'} is not valid: delete it, and sign in again.")


@contextmanager
def _locked() -> Iterator[None]:
    """Hold the lock of the file. Raises CommandError."""
    path = settings_folder() / "sign-ins.lock"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    with os.fdopen(descriptor) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
