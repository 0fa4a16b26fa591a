"""The keys that verify a client's messages: its own ones only, registered with it or published at its `jwks_uri`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from dci_common.oauth.key_sets import KeySets, Publisher, fetch, keys_in
from dci_common.outbound.http_client import HttpClient

if TYPE_CHECKING:
    import jwt

    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.runtime import Runtime
    from dci_common.settings import Settings
    from dci_common.signatures.dialect import KeyFinder


class ClientKeys:
    """Finds the keys of clients. `http_client` makes the client that reaches their key sets."""

    def __init__(self, runtime: Runtime, http_client: Callable[[Settings], HttpClient] = HttpClient) -> None:
        self._key_sets = KeySets(runtime, partial(fetch, http_client(runtime.settings)))

    def finder(self, client: Client, deadline: Deadline) -> KeyFinder:
        """Return what finds the keys of a client, and fetches them if it must, before the deadline.

        A finder raises what ExchangeTable raises. A key set that cannot be fetched is no error: its last one counts.
        """

        def find(kid: str | None, algorithms: Collection[str]) -> Sequence[jwt.PyJWK]:
            if client.jwks:
                return keys_in(client.jwks, kid, algorithms)
            if not client.jwks_uri:
                return ()
            publisher = Publisher(client.client_id, f"JWKS#{client.client_id}", client.jwks_uri)
            found = keys_in(self._key_sets.get(publisher, deadline), kid, algorithms)
            if found or kid is None:
                return found
            return keys_in(self._key_sets.renewed(publisher, deadline), kid, algorithms)

        return find
