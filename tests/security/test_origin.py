"""A deployment behind a web application firewall, asked past it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from support.api import Api
from support.events import ROOT, event

SECRET = "of-the-front-door"
EVENTS = sorted(path.stem for path in (ROOT / "events").glob("*.json"))


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
