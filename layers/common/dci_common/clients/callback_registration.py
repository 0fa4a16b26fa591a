"""The callbacks of a client as requests give them, and what is registered of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from dci_common.clients.callback_secrets import NewCallbackSecret
from dci_common.clients.callback_urls import is_registered, origin_of, read_callback_url
from dci_common.clients.model import CallbackAuth, Callbacks, NotifyRecords, NotifySpelling
from dci_common.errors import InvalidRequest

MIN_BYTES, MAX_BYTES = 100_000, 5_000_000
_MAX_URLS = 20
_OAUTH = ("token_url", "client_id", "scope")  # what only this kind of credential has
_SECRET = re.compile(r"[!-~]{1,4096}")  # it becomes part of a header


def _secret(value: SecretStr) -> SecretStr:
    if not _SECRET.fullmatch(value.get_secret_value()):
        raise PydanticCustomError("rule", "must have 1 to 4096 characters, all of them visible ASCII")
    return value


def _printable(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise PydanticCustomError("rule", "must have printable ASCII characters only")
    return value


_Parameter = Annotated[str, Field(max_length=500), AfterValidator(_printable)]


class NewCallbacks(BaseModel):
    """Where results are to be sent, and with which credential; see Callbacks. `secret` is never returned."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    urls: Annotated[tuple[str, ...], Field(max_length=_MAX_URLS)] = ()
    default_url: str = ""
    auth: CallbackAuth = "none"
    token_url: str = ""
    client_id: _Parameter = ""
    scope: _Parameter = ""
    max_bytes: Annotated[int, Field(strict=True, ge=MIN_BYTES, le=MAX_BYTES)] = Callbacks().max_bytes
    secret: Annotated[SecretStr, AfterValidator(_secret)] | None = None
    notify_url: str = ""
    notify_spelling: NotifySpelling = Callbacks().notify_spelling
    notify_records: NotifyRecords | None = None


def merged(before: Callbacks, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of NewCallbacks after a change (RFC 7396), without those of another kind of credential."""
    kept = {name: value for name, value in before._asdict().items() if name != "secret_version"}
    if changes.get("auth", before.auth) != "oauth":
        kept = {name: value for name, value in kept.items() if name not in _OAUTH}
    return {name: value for name, value in {**kept, **changes}.items() if value is not None}


def read_callbacks(
    requested: NewCallbacks, before: Callbacks, secret: NewCallbackSecret | None, test_origins: frozenset[str]
) -> Callbacks:
    """Return the callbacks to be registered, with the version of `secret`, or of the secret that there is.

    Raises InvalidRequest.
    """
    urls = [_url(f"urls.{number}", url, test_origins) for number, url in enumerate(requested.urls)]
    if any("?" in url for url in urls):
        raise InvalidRequest("callbacks.urls must not have a query: they are the beginnings of addresses.")
    _check_members(requested)
    after = Callbacks(
        urls=tuple(dict.fromkeys(urls)),
        default_url=_own_url("default_url", requested.default_url, urls, test_origins),
        auth=requested.auth,
        token_url=requested.token_url and _url("token_url", requested.token_url, test_origins),
        client_id=requested.client_id,
        scope=requested.scope,
        max_bytes=requested.max_bytes,
        notify_url=_own_url("notify_url", requested.notify_url, urls, test_origins),
        notify_spelling=requested.notify_spelling,
        notify_records=requested.notify_records,
    )
    return after._replace(secret_version=_secret_version(before, after, secret))


def _url(member: str, text: str, test_origins: frozenset[str]) -> str:
    try:
        return read_callback_url(text, test_origins)
    except ValueError as error:
        reason = str(error)
        raise InvalidRequest(f"callbacks.{member} is not accepted: {reason[0].lower()}{reason[1:]}") from error


def _own_url(member: str, text: str, urls: list[str], test_origins: frozenset[str]) -> str:
    """Return an address below those that are registered; an empty one stays empty."""
    url = text and _url(member, text, test_origins)
    if url and not is_registered(url, urls):
        raise InvalidRequest(f"callbacks.{member} must be below one of callbacks.urls.")
    return url


def _check_members(requested: NewCallbacks) -> None:
    if requested.auth == "oauth":
        if not requested.token_url or not requested.client_id:
            raise InvalidRequest("callbacks.auth oauth needs callbacks.token_url and callbacks.client_id.")
    elif any(getattr(requested, name) for name in _OAUTH):
        raise InvalidRequest(
            "callbacks.token_url, callbacks.client_id and callbacks.scope are for callbacks.auth oauth only."
        )
    if requested.auth == "none" and requested.secret:
        raise InvalidRequest("callbacks.secret is for callbacks.auth bearer and oauth only.")


def _secret_version(before: Callbacks, after: Callbacks, secret: NewCallbackSecret | None) -> str:
    """Return the version of the secret in use. A stored one never goes to receivers that it was not given for."""
    if after.auth == "none":
        return ""
    if secret:
        return secret.version
    if not before.secret_version:
        raise InvalidRequest(f"callbacks.auth {after.auth} needs callbacks.secret, which is stored and never shown.")
    if after.auth != before.auth or not _receivers(after) <= _receivers(before):
        raise InvalidRequest(
            "callbacks.secret must be sent again: the stored one was given for another callbacks.auth or host."
        )
    return before.secret_version


def _receivers(callbacks: Callbacks) -> set[str]:
    """Return who receives the secret: the token endpoint, or the callbacks' own hosts."""
    return {callbacks.token_url} if callbacks.auth == "oauth" else set(map(origin_of, callbacks.urls))
