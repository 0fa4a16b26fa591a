"""A partner that publishes its keys at an HTTPS address, and functions that fetch them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ed25519
from jwt.algorithms import OKPAlgorithm

from dci_common.deadline import Deadline
from dci_common.runtime import Runtime
from dci_common.signatures.client_keys import ClientKeys
from support import partner_server
from support.partner_server import HOST, Receiver, TestNetwork
from support.retry_pauses import NO_PAUSES

if TYPE_CHECKING:
    from dci_common.aws.retry import Retry
    from dci_common.clients.model import Client
    from support.api import Api

URL = f"https://{HOST}/jwks.json"
DAY = 86_400


def ed25519_key(number: int, **members: Any) -> dict[str, Any]:
    """Return a public key of its own for each number below 256; its kid is `key-NUMBER`."""
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    public = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {**public, "kid": f"key-{number}", "use": "sig", "alg": "EdDSA", "key_ops": ["verify"], **members}


def http(body: bytes, status: str = "200 OK", header: str = "") -> bytes:
    """Return an HTTP response."""
    return f"HTTP/1.1 {status}\r\n{header}Content-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass
class Publisher:
    """A partner's server, and the API whose functions fetch from it; `finder` is of a function of its own."""

    api: Api
    server: Receiver
    network: TestNetwork
    retry: Retry = field(default=NO_PAUSES)

    def publish(self, *keys: Any) -> None:
        """Answer with a set of these keys."""
        self.server.answer = http(json.dumps({"keys": keys}).encode())

    def function(self, **client: Any) -> Function:
        """Return a function that was just started; keywords are those of its HTTP client."""
        http_client = partner_server.client(self.network, clock=self.api.clock, **client)
        runtime = Runtime(self.api.runtime.settings, clock=self.api.clock, retry=self.retry)
        return Function(ClientKeys(runtime, lambda _: http_client), Deadline())

    @property
    def fetches(self) -> int:
        """How many requests have come."""
        return len(self.server.requests)


@dataclass
class Function:
    """A function with what it remembers of key sets."""

    keys: ClientKeys
    deadline: Deadline

    def kids(self, client: Client, kid: str | None = None, *algorithms: str) -> list[str | None]:
        """Return the kids of the keys that are found."""
        found = self.keys.finder(client, self.deadline)(kid, algorithms or ["EdDSA"])
        return [key.key_id for key in found]
