"""A partner that signs its messages with its own software, and verifies what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import jwt

from dci_common.signatures.message_keys import MessageKeys
from support.api import Api, Reply, item
from support.events import Event, body_of, event
from support.key_publisher import http
from support.message_signers import Pair, pair
from support.partner_server import receiver
from support.signature_peers import ACCEPTS, SIGN, timestamp

DIALECTS = ("openspp2", "openg2p", "opencrvs")
NOBODY = item({"type": "UIN", "value": "nobody"})


def own_pair(dialect: str, kid: str = "k1") -> Pair:
    """Return the key pair with which a partner's software signs."""
    return pair("RS256" if dialect == "opencrvs" else "EdDSA", kid)


class SigningPartner:
    """A client whose messages are signed, and whose keys are registered."""

    def __init__(self, api: Api, dialect: str, mode: str = "required", **changes: Any) -> None:
        self.api, self.dialect, self.pair = api, dialect, own_pair(dialect)
        fields = {
            "scopes": ("registry.search", "registry.status"),
            "flags": {"signature": mode, "dialect": dialect},
            "jwks": {"keys": [self.pair.jwk]},
            "sender_id": f"partner {api.runtime.random_bytes(6).hex()}",
            **changes,
        }
        self.client, self.secret = api.client(**fields)
        self.token = str(api.token(self.client, self.secret).json["access_token"])
        self._numbers = iter(range(1, 1_000_000))

    def message(self, name: str = "search", **header: Any) -> dict[str, Any]:
        """Return a message that is not signed, with an id of its own, sent now."""
        made: dict[str, Any] = body_of(name)
        now = timestamp(self.api.runtime.clock())
        made["header"] |= {"message_id": f"m-{next(self._numbers)}", "message_ts": now}
        made["header"] |= {"sender_id": self.client.sender_id, "receiver_id": "registry", **header}
        made.pop("signature", None)
        return made

    def signed(self, message: dict[str, Any], by: Pair | None = None, dialect: str = "") -> dict[str, Any]:
        """Return a message with its signature."""
        sign = SIGN[dialect or self.dialect]
        signature = sign(by or self.pair, message["header"], message["message"], self.api.runtime.clock())
        return {**message, "signature": signature}

    def send(self, message: object, name: str = "search") -> Reply:
        """Send a message."""
        return self.api.send(event(name, body=message, token=self.token))

    def accepts(self, text: str) -> bool:
        """Return whether the partner's software accepts a message of the registry's."""
        algorithm = "RS256" if self.dialect == "opencrvs" else "EdDSA"
        (key,) = (key for key in published(self.api) if key["alg"] == algorithm and is_current(self.api, key))
        return ACCEPTS[self.dialect](published_pair(key), text, self.api.runtime.clock())


def published_pair(key: dict[str, Any]) -> Pair:
    """Return the pair of a public key, without its private half."""
    public: Any = SimpleNamespace(public_key=lambda: jwt.PyJWK(key, key["alg"]).key)
    return Pair(public, key["alg"], key["kid"])


def published(api: Api) -> list[dict[str, Any]]:
    """Return the public keys of the registry's messages, as partners find them."""
    return [key for key in api.send(event("jwks")).json["keys"] if "|" in key["kid"]]


def is_current(api: Api, key: dict[str, Any]) -> bool:
    """Return whether a key signs now."""
    return bool(MessageKeys(api.runtime).current(key["alg"]).kid == key["kid"])


@contextmanager
def published_keys_message(api: Api, name: str, **registration: Any) -> Iterator[Event]:
    """Make a signed message of a client that publishes its keys."""
    with receiver(http(json.dumps({"keys": [pair("EdDSA").jwk]}).encode())) as publisher:
        partner = SigningPartner(
            api, "openspp2", jwks=None, jwks_uri=f"http://127.0.0.1:{publisher.port}/jwks.json", **registration
        )
        message = partner.message(name, sender_uri=None)
        yield event(name, body=partner.signed(message), token=partner.token)
