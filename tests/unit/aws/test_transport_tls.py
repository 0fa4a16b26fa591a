"""Calls to AWS over TLS: the server proves its name, and responses of any size arrive whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from dci_common.aws import transport
from dci_common.aws.transport import Answer, Endpoint, tls_context
from dci_common.deadline import Deadline
from support.certificates import CertificateAuthority
from support.fake_aws_server import ANSWERS, GOOD, STAYING, Server, http_response


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CertificateAuthority]:
    """Trust an authority of the test, in place of botocore's."""
    made = CertificateAuthority(tmp_path)
    monkeypatch.setattr(transport, "_CA_FILE", made.file)
    tls_context.cache_clear()
    yield made
    tls_context.cache_clear()


def ask(server: Server, authority: CertificateAuthority, name: str, times: int) -> list[Answer]:
    """Ask a server whose certificate is for this name."""
    server.socket = authority.server(name).wrap_socket(server.socket, server_side=True)
    endpoint = Endpoint("dynamodb", f"https://localhost:{server.server_port}", "eu-west-1")
    return [endpoint.post("DynamoDB_20120810.GetItem", "x", b"{}", Deadline()) for _ in range(times)]


def test_a_connection_with_tls_is_kept(server: Server, authority: CertificateAuthority) -> None:
    """Calls one after the other share a connection."""
    assert ask(server, authority, "localhost", 3) == [Answer(200, GOOD)] * 3
    assert len({port for port, _, _ in server.seen}) == 1


def test_a_large_response_arrives_whole(
    server: Server, authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A response of many TLS records, and many parts, is what was sent."""
    body = bytes(range(256)) * 5_000
    monkeypatch.setitem(ANSWERS, "large", http_response(200, body, f"x-amz-crc32: {zlib.crc32(body)}"))
    monkeypatch.setattr("support.fake_aws_server.STAYING", STAYING | {"large"})
    server.answers = ["large"]
    assert ask(server, authority, "localhost", 2) == [Answer(200, body)] * 2
    assert len({port for port, _, _ in server.seen}) == 1


def test_a_certificate_of_another_name_is_rejected(server: Server, authority: CertificateAuthority) -> None:
    """A server that a trusted authority knows by another name gets no request."""
    with pytest.raises(EndpointConnectionError):
        ask(server, authority, "dynamodb.example", 1)
    assert server.seen == []
