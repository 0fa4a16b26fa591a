"""What the tests of callbacks share."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest

from dci_common.clients.model import Client
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from dci_delivery.partner_tokens import PartnerTokens
from support import partner_server
from support.api import Clock
from support.partner_server import TestNetwork, receiver
from support.partner_tokens import OAUTH, PREFIX, SECRET, TOKEN, Bench, changed, secret_name
from support.retry_pauses import NO_PAUSES


@pytest.fixture
def bench(engine: None) -> Iterator[Bench]:  # noqa: ARG001 - must be running
    """Return tokens with a token endpoint that gives one for an hour."""
    clock = Clock()
    with receiver() as endpoint:
        network = TestNetwork(endpoint)
        runtime = Runtime(Settings(callback_secrets=PREFIX), clock=clock, retry=NO_PAUSES)
        tokens = PartnerTokens(runtime, partner_server.client(network, clock=clock))
        bench = Bench(endpoint, network, clock, tokens)
        bench.answer(200, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600})
        yield bench


@pytest.fixture
def partner(engine: None) -> Client:  # noqa: ARG001 - must be running
    """Return a client with a callback secret of its own."""
    partner = Client(
        client_id=f"client-{uuid4()}",
        name="",
        sender_id="",
        scopes=(),
        token_lifetime=0,
        disclosure=(),
        openspp17=False,
        signature="unsigned",
        callbacks=OAUTH,
        status="enabled",
        created="",
        updated="",
        version=1,
    )
    version = boto3.client("secretsmanager").create_secret(Name=secret_name(partner), SecretString=SECRET)[
        "VersionId"
    ]
    return changed(partner, secret_version=version)
