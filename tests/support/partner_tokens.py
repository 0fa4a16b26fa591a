"""Partners with a token endpoint and a secret, and the tokens that the delivery has of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import boto3

from dci_common.clients.model import Callbacks, Client
from dci_delivery.partner_tokens import PartnerTokens
from support.api import Clock
from support.partner_server import Receiver, TestNetwork

PREFIX = "dci-callback-tests/"
SECRET = "s3cret&=+%"
TOKEN = "eyJ.partner-token"
OAUTH = Callbacks(auth="oauth", token_url="http://localhost/token", client_id="registry&1")


@dataclass
class Bench:
    """The tokens of partners whose token endpoint is `endpoint`, by a clock that stands."""

    endpoint: Receiver
    network: TestNetwork
    clock: Clock
    tokens: PartnerTokens

    def answer(self, status: int, body: Any) -> None:
        """Have the token endpoint answer so."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.endpoint.answer = f"HTTP/1.1 {status} .\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data

    def forms(self) -> list[dict[str, list[str]]]:
        """Return the forms that the token endpoint got."""
        return [parse_qs(request.partition(b"\r\n\r\n")[2].decode()) for request in self.endpoint.requests]


def changed(partner: Client, **callbacks: Any) -> Client:
    """Return the client after a change of its callbacks."""
    return partner._replace(callbacks=partner.callbacks._replace(**callbacks))


def with_secret(partner: Client, secret: str, **callbacks: str) -> Client:
    """Return the client after it gave another secret, and other changes of its callbacks."""
    version = boto3.client("secretsmanager").put_secret_value(SecretId=secret_name(partner), SecretString=secret)
    return changed(partner, secret_version=version["VersionId"], **callbacks)


def secret_name(partner: Client) -> str:
    """Return the name of a client's secret."""
    return PREFIX + partner.client_id
