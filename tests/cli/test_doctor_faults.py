"""`dci doctor`: each fault of a deployment is found, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.doctor_findings import as_client, outcomes, with_outcome
from support.server_process import ServerProcess
from support.tampering_proxy import Alter, Answer, tampering_proxy

from .conftest import Dci

SEARCH, TOKEN, KEYS = "/registry/sync/search", "/oauth2/client/token", "/.well-known/jwks.json"
METADATA = "/.well-known/oauth-authorization-server"
ISSUER = {"discovery", "issuer"}  # what must speak of the URL that is asked


def test_a_rejected_search_is_a_warning(dci: Dci, local_server: ServerProcess) -> None:
    """A rejected search is a warning: the API works, and its message says why it rejects the search."""
    item = {"status": "rjct", "status_reason_message": "UIN cannot be asked."}

    def rejecting(answer: Answer) -> None:
        if answer.status == 200:
            answer.body = json.dumps({"message": {"search_response": [item]}}).encode()

    with tampering_proxy(local_server.base_url, {SEARCH: rejecting}) as asked:
        search = outcomes(dci("doctor", "--api", asked, "--json", *as_client(local_server, "partner")).out)["search"]
    assert (search["outcome"], search["found"]) == ("warning", "The search was rejected: UIN cannot be asked.")


def headers(**changed: str | None) -> Alter:
    """Change headers (`_` for `-`), or take them away."""

    def alter(answer: Answer) -> None:
        for name, value in changed.items():
            answer.headers.pop(name.replace("_", "-"), None)
            if value is not None:
                answer.headers[name.replace("_", "-")] = value

    return alter


def answer(status: int, content: Any) -> Alter:
    """Put another answer in the place of the API's."""

    def alter(answer: Answer) -> None:
        answer.status = status
        answer.body = content.encode() if isinstance(content, str) else json.dumps(content).encode()

    return alter


def renamed(answer: Answer) -> None:
    """Rename the challenge as a REST API does."""
    if challenge := answer.headers.pop("www-authenticate", None):
        answer.headers["x-amzn-remapped-www-authenticate"] = challenge


def as_rest_api(answer: Answer) -> None:
    """Respond to another method as a REST API does."""
    if answer.status == 405:
        answer.status, answer.body = 403, b'{"message":"Missing Authentication Token"}'


def without_type_error(answer: Answer) -> None:
    """Respond to another content type as a proxy may."""
    if answer.status == 415:
        answer.body = b"<html>Unsupported Media Type</html>"


def elsewhere(answer: Answer) -> None:
    """Redirect to another host."""
    answer.status, answer.headers["location"] = 302, "http://127.0.0.1:1/"


def private(answer: Answer) -> None:
    """Publish a private key."""
    keys = json.loads(answer.body)
    keys["keys"][0]["d"] = "secret"
    answer.body = json.dumps(keys).encode()


OTHER_KEY = {"keys": [{"kid": "other", "kty": "EC"}]}
OLD_KEY = {"keys": [{"kid": "old", "state": "current", "since": "2020-01-01T00:00:00.000Z"}]}
FAULTS: dict[str, tuple[str, Alter, dict[str, str]]] = {
    "a REST API's challenge": (SEARCH, renamed, {"WWW-Authenticate": "a REST API renames it"}),
    "no challenge": (SEARCH, headers(www_authenticate=None), {"WWW-Authenticate": "WWW-Authenticate: None"}),
    "a cache": (KEYS, headers(cache_control="max-age=86400"), {"Cache-Control": "of the key set is max-age=86400"}),
    "a lost header": ("/health", headers(x_content_type_options=None), {"nosniff": "alters responses"}),
    "a wrong clock": ("/health", headers(date="Sat, 01 Jan 2000 00:00:00 GMT"), {"clock": "behind this machine's"}),
    "no clock": ("/health", headers(date=None), {"clock": "no Date"}),
    "a gateway's 404": (
        "/no/such/path",
        answer(404, {"message": "Not Found"}),
        {"unknown path": "not the API's:"},
    ),
    "a gateway's 403": (SEARCH, as_rest_api, {"other method": "The status is 403, not 405"}),
    "a proxy's 415": (TOKEN, without_type_error, {"other content type": "invalid_request"}),
    "no keys": (KEYS, answer(200, {"keys": []}), {"key set": "no keys yet", "signing key": "not in the key set"}),
    "another key": (KEYS, answer(200, OTHER_KEY), {"signing key": "not in the key set"}),
    "a private key": (KEYS, private, {"key set": "A private key is published!"}),
    "a page": (KEYS, answer(200, "<html>"), {"key set": "shape", "signing key": "shape"}),
    "a broken function": ("/health", answer(500, ""), {"health": "The status is 500"}),
    "a redirect": ("/health", elsewhere, {"health": "The status is 302"}),
    "other health": ("/health", answer(200, {}), {"health": "is not"}),
    "no tokens": (TOKEN, answer(503, {}), {"token": "The status is 503", "other content type": "503"}),
    "no bearer token": (TOKEN, answer(200, {}), {"token": "not a bearer token", "other content type": "200"}),
    "refused": (TOKEN, answer(401, {}), {"token": "The client is rejected", "other content type": "401"}),
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_nothing_else(dci: Dci, local_server: ServerProcess, fault: str) -> None:
    """Each fault fails only its own checks, with what is wrong and the remedy."""
    path, alter, expected = FAULTS[fault]
    url = local_server.base_url.encode()

    def with_the_url_of_the_proxy(answer: Answer) -> None:
        answer.body = answer.body.replace(url, asked.encode())

    with tampering_proxy(local_server.base_url, {path: alter} | ({METADATA: with_the_url_of_the_proxy})) as asked:
        done = dci("doctor", "--api", asked, "--json", *as_client(local_server, "partner"))
    findings = outcomes(done.out)
    assert done.status == 1
    assert with_outcome(findings, "failed") - ISSUER == expected.keys()
    for check, words in expected.items():
        assert words in f"{findings[check]['found']} {findings[check]['remedy']}"
        assert findings[check]["remedy"]


def test_another_url_than_the_issuers_fails(dci: Dci, local_server: ServerProcess) -> None:
    """At another URL than the tokens name, the remedy is that URL, or the parameter Issuer."""
    metadata = {"issuer": local_server.base_url}
    with tampering_proxy(local_server.base_url, {METADATA: answer(200, metadata)}) as asked:
        findings = outcomes(dci("doctor", "--api", asked, "--json", *as_client(local_server, "partner")).out)
    assert with_outcome(findings, "failed") == ISSUER
    assert local_server.base_url in findings["issuer"]["found"]
    assert findings["issuer"]["remedy"] == f"Use that URL, or deploy with the parameter Issuer={asked}."


def test_metadata_with_endpoints_at_another_host_fails(dci: Dci, local_server: ServerProcess) -> None:
    """Endpoints at another host than the URL's are a failure."""
    metadata: dict[str, str] = {"token_endpoint": "https://elsewhere.example.org/"}
    with tampering_proxy(local_server.base_url, {METADATA: answer(200, metadata)}) as asked:
        metadata |= {"issuer": asked, "jwks_uri": f"{asked}/keys"}
        discovery = outcomes(dci("doctor", "--api", asked, "--json").out)["discovery"]
    assert (discovery["outcome"], discovery["found"]) == (
        "failed",
        "token_endpoint: not below the URL of this check.",
    )


@pytest.mark.parametrize(
    ("status", "outcome"), [(404, "warning"), (500, "failed")], ids=["not there yet", "a broken function"]
)
def test_missing_metadata_is_a_warning(dci: Dci, local_server: ServerProcess, status: int, outcome: str) -> None:
    """Missing metadata is a warning, since an early version has none; an error is a failure."""
    with tampering_proxy(local_server.base_url, {METADATA: answer(status, {})}) as asked:
        assert outcomes(dci("doctor", "--api", asked, "--json").out)["discovery"]["outcome"] == outcome


@pytest.mark.parametrize(
    ("published", "outcome"), [(OLD_KEY, "warning"), ({"keys": []}, "failed")], ids=["old", "none"]
)
def test_an_old_key_is_a_warning_and_none_a_failure(
    dci: Dci, local_server: ServerProcess, published: object, outcome: str
) -> None:
    """A current key older than the schedule is a warning; a missing one is a failure."""
    with tampering_proxy(local_server.base_url, {"/keys": answer(200, published)}) as asked:
        done = dci("doctor", "--api", asked, "--json", *as_client(local_server, "admin"))
    assert outcomes(done.out)["key age"]["outcome"] == outcome
