"""The credentials by which a client's receiver recognises the registry: none, a bearer token, or OAuth's.

With OAuth, the access token comes from the partner's token endpoint by the client credentials grant (RFC 6749 §4.4).
The id and the secret are sent in the body (§2.3.1): the token endpoints in this field all accept that, while those
that accept HTTP Basic disagree on its encoding.

A registration names the version of its secret. What is kept belongs to that version: neither a secret nor a token
ever goes to a receiver or an endpoint that was registered with another one.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dci_common.cache import AgingCache
from dci_common.clients.model import held_secret
from dci_common.outbound.answers import NotSent, RequestFailed

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.outbound.http_client import HttpClient
    from dci_common.runtime import Runtime

SECRET_SECONDS = 300
_DEFAULT_LIFETIME = 300  # of a token whose lifetime is not stated
_LONGEST_LIFETIME = 3600
_RENEWED_BEFORE = 60  # seconds before the end, so that no token ends on its way
_MAX_TOKENS = 1024
_CREDENTIAL = re.compile(r"[\x21-\x7e]{1,16384}")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,10}")
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_SecretKey = tuple[str, str]  # a client and a version
_TokenKey = tuple[_SecretKey, str, str, str]


class NoCredentials(NotSent):
    """There is nothing to authenticate with at the receiver; the callback was not sent."""


class PartnerTokens:
    """The Authorization headers of callbacks, kept as long as they are valid."""

    def __init__(self, runtime: Runtime, http_client: HttpClient) -> None:
        self._runtime, self._http_client = runtime, http_client
        self._secrets: AgingCache[_SecretKey, str] = AgingCache(SECRET_SECONDS, runtime.clock)
        self._tokens: dict[_TokenKey, tuple[float, str]] = {}  # with the second until which each is used

    def authorization(self, client: Client, *, renew: bool = False) -> str | None:
        """Return the Authorization header for a client's callbacks; None where it has none.

        With `renew`, no token that was kept is used: a version of a secret never changes. Raises NoCredentials, and
        the errors of Secrets Manager except for a missing secret.
        """
        if client.callbacks.auth == "none":
            return None
        if client.callbacks.auth == "bearer":
            return f"Bearer {self._secret(client)}"
        return f"Bearer {self._token(client, renew=renew)}"

    def _secret(self, client: Client) -> str:
        secret = self._secrets.get(_secret_key(client), lambda: self._read_secret(client))
        if not _CREDENTIAL.fullmatch(secret):
            raise NoCredentials("The callback secret has spaces or other characters that a header cannot carry.")
        return secret

    def _read_secret(self, client: Client) -> str:
        secrets, (client_id, version) = self._runtime.secrets, _secret_key(client)
        missing = NoCredentials("The client has no callback secret: register it again.")
        if not version:  # Secrets Manager would return the newest, which nothing registered may have
            raise missing
        for one in (client_id, held_secret(client_id, version)):
            name = self._runtime.settings.callback_secrets + one
            with suppress(secrets.exceptions.ResourceNotFoundException, secrets.exceptions.InvalidRequestException):
                return secrets.get_secret_value(SecretId=name, VersionId=version).get("SecretString", "")
        raise missing

    def _token(self, client: Client, *, renew: bool) -> str:
        callbacks = client.callbacks
        key = (_secret_key(client), callbacks.token_url, callbacks.client_id, callbacks.scope)
        now = self._runtime.clock()
        ends, token = self._tokens.get(key, (0.0, ""))
        if now < ends and not renew:
            return token
        self._tokens.pop(key, None)
        token, lifetime = self._request_token(client)
        if len(self._tokens) >= _MAX_TOKENS:
            self._tokens.clear()
        self._tokens[key] = (now + lifetime - _RENEWED_BEFORE, token)
        return token

    def _request_token(self, client: Client) -> tuple[str, int]:
        """Return a new token and its lifetime in seconds."""
        callbacks = client.callbacks
        form = {
            "grant_type": "client_credentials",
            "client_id": callbacks.client_id,
            "client_secret": self._secret(client),
        }
        if callbacks.scope:
            form["scope"] = callbacks.scope
        try:
            answer = self._http_client.post(callbacks.token_url, urlencode(form).encode(), _FORM)
        except RequestFailed as error:
            raise NoCredentials(f"The token endpoint gave no token. {error.reason}") from None
        if answer.status != HTTPStatus.OK:
            raise NoCredentials(f"The token endpoint gave no token: it answered with status {answer.status}.")
        return _read_token(answer.body)


def _secret_key(client: Client) -> _SecretKey:
    return client.client_id, client.callbacks.secret_version


def _read_token(body: bytes) -> tuple[str, int]:
    """Return the token and its lifetime that a token endpoint's answer has (RFC 6749 §5.1)."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    match answer:
        case {"access_token": str(token)} if _CREDENTIAL.fullmatch(token) and _is_bearer(answer.get("token_type")):
            return token, _lifetime(answer.get("expires_in"))
    raise NoCredentials("The token endpoint gave no token: its answer has no bearer token in JSON.")


def _is_bearer(token_type: object) -> bool:
    """Return whether the token is a bearer token, as is one whose type is left out."""
    return token_type is None or (isinstance(token_type, str) and token_type.lower() == "bearer")


def _lifetime(expires_in: object) -> int:
    if _WHOLE_NUMBER.fullmatch(text := str(expires_in)):  # some servers send it as a string
        return min(int(text), _LONGEST_LIFETIME)
    return _DEFAULT_LIFETIME
