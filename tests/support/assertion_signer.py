"""Clients with keys of their own, and the assertions that they sign."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt

from dci_common.oauth.assertions import TYPE
from dci_common.oauth.key_ring import SigningKey, generate
from support.events import event
from support.token_forge import changed

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from support.api import Api, Reply


@dataclass
class Signer:
    """A client and its private key; `secret` is its secret, which it has as well."""

    api: Api
    client: Client
    secret: str
    key: SigningKey

    @classmethod
    def of(cls, api: Api, key: SigningKey | None = None, **client: Any) -> Signer:
        """Register a client with a key."""
        key = key or generate("ES256")
        return cls(api, *api.client(jwks={"keys": [key.public]}, **client), key)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return the claims of a good assertion, changed."""
        now = int(self.api.clock())
        good = {
            "iss": self.client.client_id,
            "sub": self.client.client_id,
            "aud": f"{self.api.runtime.settings.issuer}/oauth2/client/token",
            "exp": now + 60,
            "jti": uuid.uuid4().hex,
        }
        return changed(good, changes)

    def assertion(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Sign an assertion; without any change it is good."""
        headers = {"kid": self.key.kid} if header is None else header
        return jwt.encode(self.claims(**claims), self.key.private_key, self.key.alg, headers)

    def send(
        self, assertion: str, name: str = "token_assertion", source: str = "203.0.113.7", **parameters: str
    ) -> Reply:
        """Send an assertion to the token endpoint, or with another event of the bank, from an address."""
        form = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": assertion}
        sent = event(name, body=urlencode(form | parameters))
        sent["requestContext"]["http"]["sourceIp"] = source
        return self.api.send(sent)
