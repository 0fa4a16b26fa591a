"""The OpenID provider of operators: where it publishes its keys, and these keys, fetched and kept.

Its set is the item `PROVIDER`, `<issuer>` of ExchangeTable (see oauth/key_sets.py): a partition that only functions
for operators may write, so that a function for partners cannot bring in a key.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import jwt
from pydantic_core import from_json

from dci_common.errors import Unavailable
from dci_common.oauth.key_sets import KeySets, Publisher, fetch, keys_in
from dci_common.outbound.answers import RequestFailed
from dci_common.outbound.http_client import HttpClient

if TYPE_CHECKING:
    from dci_common.deadline import Deadline
    from dci_common.runtime import Runtime
    from dci_common.settings import Settings

FindKey = Callable[[str, str], jwt.PyJWK]  # by `kid` and `alg`
_CONFIGURATION = "/.well-known/openid-configuration"


class Provider:
    """Finds the keys of the provider. `http_client` makes the client that reaches it."""

    def __init__(self, runtime: Runtime, http_client: Callable[[Settings], HttpClient] = HttpClient) -> None:
        self._key_sets = KeySets(runtime, partial(fetch_provider_keys, http_client(runtime.settings)))
        self._publisher = Publisher("operators", "PROVIDER", runtime.settings.operator_issuer)

    def finder(self, deadline: Deadline) -> FindKey:
        """Return what finds a key by its id and algorithm, and fetches the keys if it must, before the deadline.

        A finder raises InvalidKeyError where there is no such key, and Unavailable where that cannot be known now.
        """

        def find(kid: str, algorithm: str) -> jwt.PyJWK:
            for read in (self._key_sets.get, self._key_sets.renewed):
                for key in keys_in(read(self._publisher, deadline), kid, [algorithm]):
                    return key
            if not self._key_sets.is_recent(self._publisher):
                message = "The keys of the operators' provider cannot be fetched; try again in a minute."
                raise Unavailable(message, retry_after=60)
            raise jwt.InvalidKeyError

        return find


def fetch_provider_keys(http_client: HttpClient, issuer: str, seconds: float) -> str:
    """Return the usable keys of a provider as JSON, found by its configuration (OpenID Connect Discovery §4).

    Raises RequestFailed, whose reason quotes nothing of an answer.
    """
    answer = http_client.get(issuer.rstrip("/") + _CONFIGURATION, seconds / 2)
    if answer.status != HTTPStatus.OK:
        raise RequestFailed(f"The provider's configuration answered with HTTP status {answer.status}.")
    try:
        configuration = from_json(answer.body)
    except ValueError:
        configuration = None
    if not isinstance(configuration, dict) or configuration.get("issuer") != issuer:
        raise RequestFailed("The provider's configuration is not JSON of at most 64 KiB with this very issuer.")
    if not isinstance(configuration.get("jwks_uri"), str):
        raise RequestFailed("The provider's configuration has no jwks_uri.")
    return fetch(http_client, configuration["jwks_uri"], seconds / 2)
