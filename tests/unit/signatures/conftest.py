"""A partner that publishes its keys, and its client."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from dci_common.clients.model import Client
from support.api import Api
from support.certificates import CertificateAuthority
from support.key_publisher import URL, Publisher, ed25519_key
from support.partner_server import TestNetwork, receiver


@pytest.fixture
def partner(api: Api, authority: CertificateAuthority, tls: ssl.SSLContext) -> Iterator[Publisher]:
    """Return a partner that publishes one key."""
    with receiver(tls=tls) as server:
        publisher = Publisher(api, server, TestNetwork(server, authority))
        publisher.publish(ed25519_key(1))
        yield publisher


@pytest.fixture
def client(api: Api) -> Client:
    """Return a client that publishes its keys."""
    return api.client(jwks_uri=URL)[0]
