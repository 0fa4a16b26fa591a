"""The routes of the local provider, as handlers of events like those of API Gateway."""

from __future__ import annotations

import base64
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from dci_cli.local.openid import pages
from dci_cli.local.openid.people import APPLICATION, AUDIENCE, GROUPS_CLAIM, PATH, PEOPLE

if TYPE_CHECKING:
    from dci_cli.local.openid.authorization_server import OpenIdServer
    from dci_common.runtime import Event, LambdaHandler

_WAITING = 100  # requests at most for which nobody was chosen yet, and sessions of browsers
_COOKIE = "dci_demo_person"
_PARAMETER = re.compile(r"[ !#-\[\]-~]{0,2048}")  # what an error of OAuth may quote (RFC 6749 §5.2)
_JSON = {"Content-Type": "application/json"}
_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}  # pages get nothing here without a code and its verifier
Parameters = dict[str, str]
Answering = Callable[[Parameters, str], pages.Response]  # with the session that the browser's cookie names, or ""


class LocalProvider:
    """The OpenID provider below the URL of a local API, at a path of its own."""

    def __init__(self, base_url: str, clock: Callable[[], float] = time.time, path: str = PATH) -> None:
        self.issuer, self._path = base_url + path, path
        self._clock, self._lock = clock, threading.RLock()
        self._requests: dict[str, Parameters] = {}  # that wait for a choice, the oldest first
        self._sessions: dict[str, str] = {}  # the person of each browser's session, by its id, the oldest first

    def routes(self) -> dict[str, LambdaHandler]:
        """Return the handlers by path."""
        answers: dict[str, Mapping[str, Answering]] = {
            "/.well-known/openid-configuration": {"GET": self._configuration},
            "/jwks": {"GET": self._jwks},
            "/authorize": {"GET": self._ask, "POST": self._choose},
            "/token": {"POST": self._token},
            "/revoke": {"POST": self._revoke},
            "/logout": {"GET": self._end_session},
        }
        return {self._path + path: self._handler(methods) for path, methods in answers.items()}

    def variables(self) -> dict[str, str]:
        """Return the functions' variables by which they accept the tokens of this provider."""
        return {
            "OPERATOR_ISSUER": self.issuer,
            "OPERATOR_AUDIENCE": AUDIENCE,
            "OPERATOR_GROUPS_CLAIM": GROUPS_CLAIM,
            "CONSOLE_APPLICATION": APPLICATION,
        }

    def sign_in(self) -> dict[str, str]:
        """Return the variables by which `dci login` finds this provider."""
        return {"DCI_ISSUER": self.issuer, "DCI_APPLICATION": APPLICATION}

    @cached_property
    def _server(self) -> OpenIdServer:
        # Authlib is imported by the first request, so that `dci serve` starts without it.
        from dci_cli.local.openid.authorization_server import OpenIdServer  # noqa: PLC0415

        return OpenIdServer(self.issuer, self._clock)

    def _handler(self, methods: Mapping[str, Answering]) -> LambdaHandler:
        def handle(event: Event, _context: object) -> pages.Response:
            answer = methods.get(event["requestContext"]["http"]["method"])
            if answer is None:
                allowed = {"Allow": ", ".join(methods), **_JSON}
                return pages.plain(HTTPStatus.METHOD_NOT_ALLOWED, '{"error":"invalid_request"}', allowed)
            try:
                parameters = _parameters(event)
            except ValueError:
                return _json(HTTPStatus.BAD_REQUEST, {"error": "invalid_request"})
            with self._lock:  # one at a time: what is used once is looked up and taken away
                return answer(parameters, _session(event))

        return handle

    def configuration(self) -> dict[str, Any]:
        """Return the provider's metadata (OpenID Connect Discovery §3)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "revocation_endpoint": f"{self.issuer}/revoke",
            "end_session_endpoint": f"{self.issuer}/logout",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _configuration(self, *_: object) -> pages.Response:
        return _json(HTTPStatus.OK, self.configuration())

    def _jwks(self, *_: object) -> pages.Response:
        return _json(HTTPStatus.OK, self._server.jwks)

    def _ask(self, parameters: Parameters, session: str) -> pages.Response:
        """Return the page with the people, for a request that is good.

        A request that forbids pages (`prompt=none`) is answered for the person whom this browser has chosen last.
        Others always get the page, so that `dci login` can be somebody else.
        """
        if refused := self._server.refusal(parameters):
            said = refused.content.get("error_description", "The request is not valid.")
            return _redirect(refused.location) if refused.location else pages.problem(said)
        if parameters.get("prompt") == "none":
            if person := PEOPLE.get(self._sessions.get(session, "")):
                return _redirect(self._server.authorize(parameters, person).location)
            state = {"state": parameters["state"]} if "state" in parameters else {}
            answer = urlencode({"error": "login_required", **state, "iss": self.issuer})
            return _redirect(f"{parameters['redirect_uri']}?{answer}")
        request_id = _remember(self._requests, parameters)
        return pages.choice(f"{self._path}/authorize", request_id, parameters["redirect_uri"])

    def _choose(self, parameters: Parameters, _: str) -> pages.Response:
        """Send the browser back with a code for the person who was chosen on the page."""
        request = self._requests.pop(parameters.get("request", ""), None)
        person = PEOPLE.get(parameters.get("person", ""))
        if request is None or person is None:
            return pages.problem("This page was used before, or is too old: sign in again.")
        session = _remember(self._sessions, person.subject)
        cookie = f"{_COOKIE}={session}; Path={self._path}; HttpOnly; SameSite=Lax"
        return _redirect(self._server.authorize(request, person).location, {"Set-Cookie": cookie})

    def _token(self, parameters: Parameters, _: str) -> pages.Response:
        answer = self._server.token(parameters)
        return _json(answer.status, answer.content)

    def _revoke(self, parameters: Parameters, _: str) -> pages.Response:
        self._server.revoke(parameters.get("token", ""))
        return _json(HTTPStatus.OK, {})

    def _end_session(self, parameters: Parameters, session: str) -> pages.Response:
        """Forget the browser's session, and send it back (OpenID Connect RP-Initiated Logout)."""
        self._sessions.pop(session, None)
        address = parameters.get("post_logout_redirect_uri", "")
        if not self._server.is_own_address(address):
            return pages.problem("You are signed out. The page that asked for that gave no address of this machine.")
        return _redirect(address)


def _session(event: Event) -> str:
    """Return the id in the browser's cookie; empty without one."""
    cookies = SimpleCookie()
    with suppress(CookieError):
        cookies.load(event.get("headers", {}).get("cookie", ""))
    return cookies[_COOKIE].value if _COOKIE in cookies else ""


def _remember(kept: dict[str, Any], value: object) -> str:
    """Keep a value under a new id, which nobody can guess, and forget the oldest one when there are too many."""
    while len(kept) >= _WAITING:
        del kept[next(iter(kept))]
    new_id = secrets.token_urlsafe(32)
    kept[new_id] = value
    return new_id


def _parameters(event: Event) -> Parameters:
    """Return the parameters of a query or of a form. Raises ValueError for repeated or unprintable ones."""
    text = event["rawQueryString"]
    if event["requestContext"]["http"]["method"] == "POST":
        body = event.get("body", "")
        text = base64.b64decode(body).decode("ascii") if event["isBase64Encoded"] else body
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=50)
    found = dict(pairs)
    if len(found) < len(pairs) or not all(_PARAMETER.fullmatch(value) for value in found.values()):
        raise ValueError
    return found


def _redirect(location: str, headers: Mapping[str, str] = MappingProxyType({})) -> pages.Response:
    return pages.plain(HTTPStatus.SEE_OTHER, "", {"Location": location, **headers})


def _json(status: int, content: Any) -> pages.Response:  # noqa: ANN401
    return pages.plain(status, json.dumps(content), {**_JSON, **_ANY_ORIGIN})
