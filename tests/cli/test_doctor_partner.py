"""`dci doctor --partner`: why a signed message is accepted, or is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dci_cli.api import Api
from dci_cli.clients.clients_api import ClientsApi
from support.doctor_findings import as_client, outcomes
from support.message_signers import NOW, Pair, header, message, pair
from support.server_process import ServerProcess
from support.signature_peers import SIGN

from .conftest import Dci

Check = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def partner(local_server: ServerProcess) -> str:
    """Register a client that must sign, and return its id."""
    admin = local_server.credentials["admin"]
    clients = ClientsApi(Api(local_server.base_url, admin["client_id"], admin["client_secret"]))
    created = clients.create(
        {
            "name": f"signer {len(clients.clients(None))}",
            "sender_id": "health.example.org",
            "scopes": ["registry.search"],
            "flags": {"signature": "required", "dialect": "openspp2"},
            "jwks": {"keys": [pair("EdDSA").jwk]},
        }
    )
    return str(created["client_id"])


@pytest.fixture
def check(dci: Dci, local_server: ServerProcess, partner: str, tmp_path: Path) -> Check:
    """Return what examines a message of the partner."""

    def examined(content: dict[str, Any]) -> dict[str, Any]:
        path = tmp_path / "message.json"
        path.write_text(json.dumps(content))
        options = ("--api", local_server.base_url, "--json", *as_client(local_server, "admin"))
        return outcomes(dci("doctor", *options, "--partner", partner, "--message", str(path)).out)

    return examined


def signed(by: Pair | None = None, **changes: Any) -> dict[str, Any]:
    """Return a message that was signed months ago."""
    parts = {"header": header(**changes), "message": message()}
    return {**parts, "signature": SIGN["openspp2"](by or pair("EdDSA"), parts["header"], parts["message"], NOW)}


def test_a_valid_signature_is_recognised_however_old_it_is(check: Check) -> None:
    """The steps are ok, with the key's id; that the message's time is over is a finding of its own."""
    findings = check(signed())
    assert {name: finding["outcome"] for name, finding in findings.items()} == {
        "registration": "ok",
        "message": "ok",
        "keys": "ok",
        "signature": "ok",
        "times": "warning",
    }
    assert "k1 (EdDSA)" in findings["keys"]["found"]
    assert "health.example.org|k1|ed25519" in findings["message"]["found"]
    assert "clock" in findings["times"]["remedy"]


def test_another_time_in_the_header_hides_no_other_fault(check: Check) -> None:
    """A changed message fails even if `message_ts` is not `created`, and so do times that no clock fixes."""
    changed = signed(message_ts="2026-01-01T00:00:00Z")
    changed["message"]["name"] = "Somebody"
    endless = signed()
    endless["signature"] = re.sub(r'expires="\d+"', 'expires="1900000000"', endless["signature"])
    for content, word in ((changed, "digest"), (endless, "900 seconds")):
        finding = list(check(content).values())[-1]
        assert (finding["check"], finding["outcome"]) == ("signature", "failed")
        assert word in finding["found"]


def test_what_does_not_fit_is_named(check: Check) -> None:
    """A changed message, another key and another sender fail at their step, with what to do."""
    changed = signed()
    changed["message"]["name"] = "Somebody"
    for content, step, word in (
        (changed, "signature", "examples/sign.py"),
        (signed(by=pair("EdDSA", "k2")), "signature", "examples/sign.py"),
        (signed() | {"signature": "unsigned"}, "message", "as it was sent"),
        (signed() | {"signature": 5}, "message", "as a string"),
        (signed(sender_id="somebody.else"), "message", "health.example.org"),
    ):
        finding = list(check(content).values())[-1]
        assert (finding["check"], finding["outcome"]) == (step, "failed")
        assert word in finding["remedy"]
        assert "Somebody" not in str(finding)


def test_options_that_do_not_fit_are_an_error(dci: Dci, local_server: ServerProcess) -> None:
    """A message without a partner, or one's own without its dialect, is an error that says what is missing."""
    asked = ("doctor", "--api", local_server.base_url, "--message", "message.json")
    for options, named in (((), "--partner"), (("--partner",), "--dialect")):
        done = dci(*asked, *options)
        assert done.status == 2
        assert named in done.err
