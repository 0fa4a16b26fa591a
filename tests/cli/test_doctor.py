"""`dci doctor`: of a deployment that is well, and with options that are not."""

from __future__ import annotations

import time

import pytest

from dci_cli.api import Api
from dci_cli.doctor import client_checks, public_checks
from dci_cli.doctor.deployment import Deployment
from dci_cli.doctor.examination import examine
from support.doctor_findings import as_client, outcomes, with_outcome
from support.server_process import ServerProcess

from .conftest import Dci


def test_a_healthy_deployment_has_no_problems(dci: Dci, local_server: ServerProcess) -> None:
    """Nothing fails at the local server; what the partner may not see is passed over with the reason."""
    done = dci("doctor", "--api", local_server.base_url, "--json", *as_client(local_server, "partner"))
    findings = outcomes(done.out)
    assert (done.status, with_outcome(findings, "failed")) == (0, set())
    assert findings["search"]["found"] == "answered"
    assert with_outcome(findings, "skipped") == {"key age", "subscribers"}
    assert "clients.manage" in findings["key age"]["found"]
    assert "clients.read" in findings["subscribers"]["found"]


def test_an_administrator_sees_how_old_the_keys_are(dci: Dci, local_server: ServerProcess) -> None:
    """A key made just now is 0 days old."""
    findings = outcomes(
        dci("doctor", "--api", local_server.base_url, "--json", *as_client(local_server, "admin")).out
    )
    assert findings["key age"] == {"check": "key age", "outcome": "ok", "found": "0 days", "remedy": ""}
    assert findings["subscribers"]["found"] == "all can be notified"
    assert with_outcome(findings, "skipped") == {"search"}


def test_the_options_may_come_from_the_environment(
    dci: Dci, local_server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The URL, the client and its secret can be given by variables, so that a secret is in no command line."""
    client = local_server.credentials["partner"]
    variables = {"DCI_API": local_server.base_url, **{f"DCI_{name.upper()}": value for name, value in client.items()}}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert outcomes(dci("doctor", "--json").out)["search"]["outcome"] == "ok"


def test_a_search_needs_the_senders_id(dci: Dci, local_server: ServerProcess) -> None:
    """Without a sender_id the search is skipped; with a wrong one it fails with the API's message."""
    asked = ("doctor", "--api", local_server.base_url, "--json", *as_client(local_server, "partner"), "--sender-id")
    assert outcomes(dci(*asked, "").out)["search"]["outcome"] == "skipped"
    search = outcomes(dci(*asked, "somebody else").out)["search"]
    assert (search["outcome"], "header.sender_id" in search["found"]) == ("failed", True)


def test_without_a_client_only_public_checks_are_made(dci: Dci, local_server: ServerProcess) -> None:
    """Without a client the public checks are made; the others are skipped, and say what they need."""
    done = dci("doctor", "--api", local_server.base_url)
    assert done.status == 0
    [token] = [line for line in done.out.splitlines() if line.startswith("token  ")]
    assert token.split(maxsplit=2)[1:] == ["skipped", "There is no client. Run `dci configure`, or set"]


def test_an_unreachable_api_is_one_failure(dci: Dci) -> None:
    """When there is no response the first check fails, and no other is made."""
    done = dci("doctor", "--api", "http://127.0.0.1:1", "--json")
    assert (done.status, with_outcome(outcomes(done.out), "failed")) == (1, {"health"})


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://registry.example.org", "must begin with https://"),
        ("registry.example.org", "give one such as https://registry.example.org"),
        ("", "The API's URL is missing"),
    ],
)
def test_an_invalid_url_is_rejected(dci: Dci, url: str, said: str) -> None:
    """A URL that is not valid, or would send a secret unencrypted, is rejected before anything is sent."""
    assert said in dci("doctor", "--api", url).problem


@pytest.mark.exhaustive
@pytest.mark.parametrize(("hours", "words"), [(-1, "ahead of"), (1, "behind")])
def test_a_wrong_clock_of_this_machine_is_found(local_server: ServerProcess, hours: int, words: str) -> None:
    """When this machine's clock is wrong, both the Date header and the token's time fail."""
    client = local_server.credentials["partner"]
    api = Api(local_server.base_url, client["client_id"], client["client_secret"])
    deployment = Deployment(api, client["client_id"], client["sender_id"], 30, lambda: time.time() + hours * 3600)
    findings = examine(deployment, public_checks.CHECKS | client_checks.CHECKS)
    failed = {finding.check: finding.found for finding in findings if finding.outcome == "failed"}
    assert failed.keys() == {"clock", "token time"}
    assert all(words in found for found in failed.values())
