"""The functions' own client of AWS, on the wire: these tests go through its signing, connections and checksums."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.api import Api, identified
from support.aws_over_http import Server

pytestmark = pytest.mark.usefixtures("over_the_wire")


# DynamoDB Local answers for itself.
SERVICES = {"secretsmanager"} | ({"dynamodb"} if os.environ.get("DCI_TEST_ENGINE") != "dynamodb-local" else set())


def test_each_service_is_asked_over_http(api: Api, wire: Server) -> None:
    """What a token and a search take from AWS comes over HTTP."""
    before = wire.asked.copy()
    assert api.search(identified("UIN", "847951632")).status == 200
    assert {*(wire.asked - before)} == SERVICES


def test_connections_are_kept(api: Api, wire: Server) -> None:
    """Requests one after the other use the connections that are there, also when many were made at once."""
    secret = {"SecretId": api.runtime.settings.signing_keys_secret}
    api.runtime.secrets.get_secret_value(**secret)
    before = wire.connections
    for _ in range(5):
        api.runtime.secrets.get_secret_value(**secret)
    assert wire.connections == before
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: api.runtime.secrets.get_secret_value(**secret), range(8)))
    assert len({answer["SecretString"] for answer in answers}) == 1
    assert wire.connections - before < 4
