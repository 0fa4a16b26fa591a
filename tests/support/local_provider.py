"""The provider of `dci serve`, as a browser and an application reach it: events in, answers out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from dci_cli.local.openid.provider import LocalProvider

Response = dict[str, Any]
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
GOOD = {
    "response_type": "code",
    "client_id": "dci",
    "redirect_uri": "http://127.0.0.1:1/callback",
    "scope": "openid",
    "state": "s",
    "nonce": "n",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class Provider:
    """A provider, and requests to it; its clock stands."""

    def __init__(self, provider: LocalProvider | None = None) -> None:
        self.now = 1_000_000.0
        self.local = provider or LocalProvider("http://127.0.0.1:3000", lambda: self.now)
        self._routes = self.local.routes()

    def get(self, path: str = "/authorize", **parameters: str) -> Response:
        """Send a GET request."""
        return self.send("GET", path, query=urlencode(parameters))

    def post(self, path: str, **parameters: str) -> Response:
        """Send a form."""
        return self.send("POST", path, body=base64.b64encode(urlencode(parameters).encode()).decode())

    def send(self, method: str, path: str, query: str = "", body: str = "", cookie: str = "") -> Response:
        """Send a request, as the gateway hands it over."""
        context, headers = {"http": {"method": method}}, {"cookie": cookie} if cookie else {}
        event = {"requestContext": context, "rawQueryString": query, "body": body, "isBase64Encoded": bool(body)}
        event |= {"headers": headers}
        return self._routes[urlsplit(self.local.issuer).path + path](event, None)

    def choose(self, person: str = "amina", **changes: str) -> dict[str, str]:
        """Return the parameters with which the browser comes back after the choice of a person."""
        [request] = re.findall('name="request" value="([^"]+)"', self.get(**GOOD | changes)["body"])
        return came_back(self.post("/authorize", request=request, person=person))

    def redeem(self, code: str, **changes: str) -> Response:
        """Send a token request for a code."""
        form = {"grant_type": "authorization_code", "code": code, "client_id": "dci", "code_verifier": VERIFIER}
        form |= {"redirect_uri": GOOD["redirect_uri"], **changes}
        return self.post("/token", **{name: value for name, value in form.items() if value})

    def tokens(self, person: str = "amina") -> dict[str, Any]:
        """Return the tokens of a person."""
        answer = self.redeem(self.choose(person)["code"])
        tokens: dict[str, Any] = json.loads(answer["body"])
        return tokens


def came_back(answer: Response) -> dict[str, str]:
    """Return the parameters of a redirect."""
    assert answer["statusCode"] == 303, answer
    return dict(parse_qsl(urlsplit(answer["headers"]["Location"]).query))
