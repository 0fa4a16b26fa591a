"""`dci doctor --partner`: what a partner runs, checked by itself, and by operators from its registration."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dci_cli.api import Api
from dci_cli.clients.clients_api import ClientsApi
from dci_cli.doctor.certificate import check_certificate
from dci_cli.doctor.deployment import CheckFailed, CheckProblem, CheckSkipped, CheckWarning
from dci_cli.doctor.receiver import check_receiver
from support import partner_server
from support.certificates import CertificateAuthority
from support.doctor_findings import as_client, outcomes, with_outcome
from support.exchanges import Receiver
from support.message_signers import header, message, pair
from support.partner_server import URL, TestNetwork
from support.server_process import ServerProcess
from support.signature_peers import SIGN

from .conftest import Dci

Examine = Callable[..., dict[str, Any]]


def response(status: str, body: bytes = b"") -> bytes:
    """Return an HTTP response."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def examined(dci: Dci, local_server: ServerProcess) -> Examine:
    """Return what examines the caller's own side at the local server, as its demo partner, or another client's."""

    def examine(*options: str, who: str = "partner", partner: str = "") -> dict[str, Any]:
        asked = ("doctor", "--api", local_server.base_url, "--json", *as_client(local_server, who), "--partner")
        return outcomes(dci(*asked, *filter(None, [partner]), *options).out)

    return examine


def test_a_partner_checks_its_own_side(examined: Examine, receiver: Receiver, tmp_path: Path) -> None:
    """Token, clock, search, receiver and keys are checked; the receiver gets an answer without a record."""
    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps({"keys": [pair("ES256").jwk]}))
    findings = examined("--callback-url", receiver.url, "--jwks", str(keys), "--dialect", "openg2p")
    assert with_outcome(findings, "failed") == set()
    assert with_outcome(findings, "skipped") == {"certificate", "callback receiver's certificate"}  # plain HTTP
    assert {"clock", "token", "issuer", "search", "callback receiver", "key set"} <= with_outcome(findings, "ok")
    assert findings["callback receiver"]["found"].startswith("answered 200 in ")
    assert findings["key set"]["found"] == "k1 (ES256)"
    (sent,) = receiver.received
    assert (sent["header"]["action"], sent["message"]["search_response"]) == ("on-search", [])


def test_what_is_not_named_is_skipped(examined: Examine) -> None:
    """Each check that cannot be made says which option it needs."""
    findings = examined()
    assert "--callback-url" in findings["callback receiver"]["remedy"]
    assert "--jwks" in findings["key set"]["remedy"]


def test_keys_that_do_not_fit_are_found(examined: Examine, tmp_path: Path) -> None:
    """A private key, PEM, no file, and keys of another dialect fail, and nothing of them is printed."""
    keys = tmp_path / "jwks.json"
    for content, word in (
        (json.dumps({"keys": [{**pair("ES256").jwk, "d": "secret-half"}]}), "without private"),
        ("-----BEGIN PRIVATE KEY-----", "JSON"),
        (json.dumps({"keys": [pair("ES256").jwk]}), "openspp2"),
        (None, "cannot be read"),
    ):
        if content is None:
            keys.unlink()
        else:
            keys.write_text(content)
        found = examined("--jwks", str(keys), "--dialect", "openspp2")["key set"]
        assert (found["outcome"], word in found["found"]) == ("failed", True), found
        assert "secret-half" not in str(found)


def test_a_partner_verifies_its_own_signature(examined: Examine, tmp_path: Path) -> None:
    """With a message and its dialect, the steps of the verification follow."""
    parts = {"header": header(sender_id="test-client"), "message": message()}
    signature = SIGN["openspp2"](pair("EdDSA"), parts["header"], parts["message"], time.time())
    (tmp_path / "message.json").write_text(json.dumps({**parts, "signature": signature}))
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [pair("EdDSA").jwk]}))
    files = ("--jwks", str(tmp_path / "jwks.json"), "--message", str(tmp_path / "message.json"))
    findings = examined(*files, "--dialect", "openspp2")
    assert [findings[name]["outcome"] for name in ("message", "keys", "signature", "times")] == ["ok"] * 4


def test_an_operator_checks_what_a_client_has_registered(
    examined: Examine, local_server: ServerProcess, receiver: Receiver
) -> None:
    """The receiver, the keys and the status of the registration are those that are checked."""
    admin = local_server.credentials["admin"]
    clients = ClientsApi(Api(local_server.base_url, admin["client_id"], admin["client_secret"]))
    created = clients.create(
        {
            "name": "Partner with a receiver",
            "sender_id": "health.example.org",
            "scopes": ["registry.search"],
            "callbacks": {"urls": ["http://127.0.0.1"], "default_url": receiver.url},
            "jwks": {"keys": [pair("ES256").jwk]},
        }
    )
    findings = examined(who="admin", partner=created["client_id"])
    assert "signature optional, dialect openspp2" in findings["registration"]["found"]
    assert findings["callback receiver"]["outcome"] == "ok"
    assert (findings["key set"]["outcome"], "EdDSA" in findings["key set"]["remedy"]) == ("failed", True)


def test_answers_of_a_receiver_are_judged_as_the_registry_would(authority: CertificateAuthority) -> None:
    """A refusal, a redirect, a missing page, an error, and a server that is not there each have their remedy."""
    tls = authority.server("partner.example")
    for answer, kind, word in (
        (response("200 OK", b'{"message": {"ack_status": "ACK"}}'), None, ""),
        (response("200 OK", b'{"message": {"ack_status": "NACK"}}'), CheckWarning, "not be sent again"),
        (response("302 Found"), CheckFailed, "no redirect"),
        (response("401 Unauthorized"), CheckWarning, "DCI_CALLBACK_TOKEN"),
        (response("404 Not Found"), CheckFailed, "path"),
        (response("409 Conflict"), CheckWarning, "nobody waits"),
        (response("410 Gone"), CheckFailed, "resume"),
        (response("500 Oops"), CheckFailed, "log"),
    ):
        with partner_server.receiver(answer, tls=tls) as served:
            client = partner_server.client(TestNetwork(served, authority))
            if kind is None:
                assert check_receiver(URL, "t0ken", "sender", client, 0).startswith("answered 200")
                assert b"authorization: bearer t0ken" in served.requests[0].lower()
                continue
            with pytest.raises(kind) as problem:
                check_receiver(URL, "", "sender", client, 0)
            assert word in problem.value.remedy


def test_a_receiver_that_the_registry_would_not_reach_fails(authority: CertificateAuthority) -> None:
    """A private address and a certificate for another name fail with the registry's own reason."""
    with partner_server.receiver(tls=authority.server("elsewhere.example")) as served:
        for network in (TestNetwork(served, authority), TestNetwork(served, authority, [["10.0.0.1"]])):
            with pytest.raises(CheckFailed):
                check_receiver(URL, "", "sender", partner_server.client(network), 0)


def test_certificates_are_checked(authority: CertificateAuthority) -> None:
    """One that ends soon is a warning; one that has ended, that is for another name, or of nobody known, fails."""

    def trusting() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(authority.file))

    def outcome(tls: ssl.SSLContext, context: Callable[[], ssl.SSLContext], now: float) -> type[CheckProblem] | str:
        with partner_server.receiver(tls=tls) as served:
            try:
                return check_certificate(f"https://localhost:{served.port}", now, context)
            except CheckProblem as problem:
                return type(problem)

    good, now = authority.server("localhost"), time.time()
    assert outcome(good, trusting, now - 30 * 86_400) == "TLSv1.3, 30 days left"
    assert outcome(good, trusting, now) is CheckWarning
    for tls in (authority.server("localhost", expired=True), authority.server("elsewhere.example")):
        assert outcome(tls, trusting, now) is CheckFailed
    assert outcome(good, ssl.create_default_context, now) is CheckFailed
    with pytest.raises(CheckSkipped):
        check_certificate("http://127.0.0.1:1", now, trusting)
    for url in (
        "https://127.0.0.1:1",
        "https://[",
        "https://partner.example:99999",
        "https://",
        f"https://{'a' * 70}.b",
    ):
        with pytest.raises(CheckFailed):
            check_certificate(url, now, trusting)
