"""The functions' own client of AWS, on the wire: these tests go through its signing, connections and checksums."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from support.api import Api, identified
from support.aws_over_http import Server

pytestmark = pytest.mark.usefixtures("over_the_wire")


def test_each_service_is_asked_over_http(api: Api) -> None:
    """What the functional tests see went over HTTP to both services."""
    clients: tuple[Any, ...] = (api.runtime.dynamodb, api.runtime.secrets)
    urls = {client.endpoint.url for client in clients}
    assert {(urlsplit(url).scheme, urlsplit(url).hostname) for url in urls} == {("http", "127.0.0.1")}
    assert api.search(identified("UIN", "847951632")).status == 200


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
