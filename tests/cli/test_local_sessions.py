"""The OpenID provider of `dci serve`: browsers that it knows again, and pages of other origins."""

from __future__ import annotations

import json
import re
from urllib.parse import urlencode

import jwt
import pytest

from support.local_provider import GOOD, Provider, came_back


@pytest.fixture
def provider() -> Provider:
    """Return a provider."""
    return Provider()


def test_a_browser_is_known_again_where_no_page_may_be_shown(provider: Provider) -> None:
    """With `prompt=none` the person whom the browser has chosen is signed in; a page always asks."""
    silent = urlencode({**GOOD, "prompt": "none"})
    for cookie in ("", "dci_demo_person=unknown", "dci_demo_person", "\x00=;;"):
        answer = came_back(provider.send("GET", "/authorize", silent, cookie=cookie))
        assert answer == {"error": "login_required", "state": "s", "iss": provider.local.issuer}
    stateless = urlencode({name: value for name, value in {**GOOD, "prompt": "none"}.items() if name != "state"})
    assert "state" not in came_back(provider.send("GET", "/authorize", stateless))
    [request] = re.findall('name="request" value="([^"]+)"', provider.get(**GOOD)["body"])
    chosen = provider.post("/authorize", request=request, person="esi")["headers"]["Set-Cookie"]
    assert chosen.endswith("; Path=/openid; HttpOnly; SameSite=Lax")
    cookie = f"other=1; {chosen.partition(';')[0]}"
    tokens = json.loads(
        provider.redeem(came_back(provider.send("GET", "/authorize", silent, cookie=cookie))["code"])["body"]
    )
    assert jwt.decode(tokens["access_token"], options={"verify_signature": False})["sub"] == "esi"
    assert "Sign in as" in provider.send("GET", "/authorize", urlencode(GOOD), cookie=cookie)["body"]
    home = urlencode({"post_logout_redirect_uri": "http://localhost:3000/console/"})
    ended = provider.send("GET", "/logout", home, cookie=cookie)
    assert (ended["statusCode"], ended["headers"]["Location"]) == (303, "http://localhost:3000/console/")
    assert came_back(provider.send("GET", "/authorize", silent, cookie=cookie))["error"] == "login_required"


def test_signing_out_leads_to_this_machine_only(provider: Provider) -> None:
    """Another address, or none, gets a page, and no redirect."""
    for address in (
        "",
        "https://elsewhere.example/",
        "http://localhost.example/",
        "//elsewhere.example",
        "javascript:1",
    ):
        answer = provider.get("/logout", post_logout_redirect_uri=address)
        assert (answer["statusCode"], "Location" in answer["headers"]) == (400, False)


def test_pages_of_other_origins_may_ask_for_tokens(provider: Provider) -> None:
    """The configuration, keys and tokens are readable from any origin, and the page with the people is not."""
    for answer in (provider.get("/.well-known/openid-configuration"), provider.get("/jwks"), provider.redeem("none")):
        assert answer["headers"]["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in provider.get(**GOOD)["headers"]
