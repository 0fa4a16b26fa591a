"""A deployment behind a web application firewall, asked past it."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from support.api import Api
from support.events import event, http_events
from support.logs import Logs

SECRET = "of-the-front-door"
EVENTS = sorted(http_events())


@pytest.fixture(scope="module")
def guarded(new_api: Callable[..., Api]) -> Api:
    """Return an API that has a front door."""
    return new_api(origin_secret=SECRET)


@pytest.mark.parametrize(
    "header", [None, "", "wrong", f"{SECRET}x", "ü"], ids=["none", "empty", "wrong", "longer", "odd"]
)
@pytest.mark.parametrize("name", EVENTS)
def test_requests_without_the_origin_secret_are_rejected(guarded: Api, name: str, header: str | None) -> None:
    """Each route is 404 without the secret that the front door adds, and the response does not reveal it."""
    sent = event(name)
    if header is not None:
        sent["headers"]["x-origin-verify"] = header
    reply = guarded.send(sent)
    assert reply.status == 404
    assert SECRET not in f"{reply.text}{reply.headers}"


def test_requests_with_the_origin_secret_are_answered(guarded: Api) -> None:
    """With the secret a request is answered as ever."""
    assert guarded.send(event("health", x_origin_verify=SECRET)).status == 200
    assert json.loads(guarded.send(event("token_form", x_origin_verify=SECRET)).text)["error"] == "invalid_client"


def test_two_secrets_are_accepted_during_a_rotation(new_api: Callable[..., Api]) -> None:
    """While the secret is replaced the previous one is accepted too, and a third is not."""
    rotating = new_api(origin_secret="new", previous_origin_secret=SECRET)
    sent = {secret: rotating.send(event("health", x_origin_verify=secret)).status for secret in ("new", SECRET, "x")}
    assert sent == {"new": 200, SECRET: 200, "x": 404}


def attempts(api: Api, addresses: list[str], source: str, **headers: str) -> list[int]:
    """Return the status of a failed authentication for each address that the header states."""
    client, _ = api.client()
    body = urlencode({"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": "wrong"})
    statuses = []
    for address in addresses:
        sent = event("token_form", body=body, x_viewer_address=address, **headers)
        sent["requestContext"]["http"]["sourceIp"] = source
        statuses.append(api.send(sent).status)
    return statuses


def test_clients_behind_the_firewall_are_throttled_apart(guarded: Api) -> None:
    """Behind CloudFront the client's own address counts: another client of the same edge location does not wait."""
    addresses = ["198.51.100.1"] * 6 + ["198.51.100.2"]
    assert attempts(guarded, addresses, "192.0.2.1", x_origin_verify=SECRET) == [401] * 5 + [429, 401]


def test_a_client_without_a_firewall_does_not_choose_its_address(new_api: Callable[..., Api]) -> None:
    """Where no CloudFront stands in front, the header with an address changes nothing."""
    addresses = [f"198.51.100.{number}" for number in range(6)]
    assert attempts(new_api(), addresses, "192.0.2.1") == [401] * 5 + [429]


@pytest.mark.parametrize("stated", ["", "nowhere", "198.51.100.1, 198.51.100.2", "fe80::1%anything"])
def test_what_is_no_address_is_not_believed(guarded: Api, logs: Logs, stated: str) -> None:
    """A header that states no address leaves the one that API Gateway sees."""
    guarded.send(event("health", x_origin_verify=SECRET, x_viewer_address=stated))
    assert logs.entries()[-1]["source"] == "203.0.113.7"


def test_the_log_has_the_address_of_the_client(guarded: Api, logs: Logs) -> None:
    """A request is logged with its client's address, and one past the firewall with the address that it came from."""
    guarded.send(event("health", x_origin_verify=SECRET, x_viewer_address="2001:db8::7"))
    guarded.send(event("health", x_viewer_address="2001:db8::7"))
    assert [entry["source"] for entry in logs.entries()] == ["2001:db8::7", "203.0.113.7"]
