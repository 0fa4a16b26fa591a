"""The keys that verify a client's messages: its own ones only, registered with it or published at its `jwks_uri`."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import jwt

from dci_common.outbound.http_client import HttpClient
from dci_common.signatures.key_sets import KeySets

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.runtime import Runtime
    from dci_common.settings import Settings
    from dci_common.signatures.dialect import KeyFinder


class ClientKeys:
    """Finds the keys of clients. `http_client` makes the client that reaches their key sets."""

    def __init__(self, runtime: Runtime, http_client: Callable[[Settings], HttpClient] = HttpClient) -> None:
        self._key_sets = KeySets(runtime, http_client(runtime.settings))

    def finder(self, client: Client, deadline: Deadline) -> KeyFinder:
        """Return what finds the keys of a client, and fetches them if it must, before the deadline.

        A finder raises what ExchangeTable raises. A key set that cannot be fetched is no error: its last one counts.
        """

        def find(kid: str | None, algorithms: Collection[str]) -> Sequence[jwt.PyJWK]:
            if client.jwks:
                return keys_in(client.jwks, kid, algorithms)
            if not client.jwks_uri:
                return ()
            found = keys_in(self._key_sets.get(client, deadline), kid, algorithms)
            if found or kid is None:
                return found
            return keys_in(self._key_sets.renewed(client, deadline), kid, algorithms)

        return find


def keys_in(jwks: str, kid: str | None, algorithms: Collection[str]) -> Sequence[jwt.PyJWK]:
    """Return the keys of a JWK set with this id (None: any) that are for one of these algorithms."""
    return [key for key in _loaded(jwks) if kid in {None, key.key_id} and key.algorithm_name in algorithms]


@lru_cache(maxsize=128)  # loading an RSA key takes longer than verifying a signature with it
def _loaded(jwks: str) -> tuple[jwt.PyJWK, ...]:
    """Return the keys of a JWK set, as `public_key_set` and `published_keys` return it."""
    return tuple(jwt.PyJWK(key, key["alg"]) for key in json.loads(jwks)["keys"])
