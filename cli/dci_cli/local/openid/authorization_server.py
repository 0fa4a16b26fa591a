"""The authorization server of the local provider, and its tokens, built on Authlib. All state is in memory."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core.grants import OpenIDToken
from authlib.oidc.core.grants.util import generate_id_token
from joserfc.jwk import ECKey, KeySet

from dci_cli.local.openid.grants import AuthorizationCode, Client, Code, Refresh, RefreshToken, Sha256Challenge
from dci_cli.local.openid.people import APPLICATION, AUDIENCE, GROUPS_CLAIM, Person

TOKEN_SECONDS = 600


class _AccessTokens(JWTBearerTokenGenerator):  # type: ignore[misc]
    """Access tokens as in RFC 9068, with the person's name and groups."""

    def __init__(self, issuer: str, keys: KeySet) -> None:
        super().__init__(issuer, "ES256", lambda **_: secrets.token_urlsafe(32), lambda *_: TOKEN_SECONDS)
        self._keys = keys

    def get_jwks(self) -> KeySet:
        return self._keys

    def get_audiences(self, *_: object) -> str:
        return AUDIENCE

    def get_extra_claims(self, _client: Client, _grant_type: str, user: Person, _scope: str) -> dict[str, Any]:
        return {"name": user.name, GROUPS_CLAIM: list(user.groups)}


class _IdTokens(OpenIDToken):  # type: ignore[misc]
    """ID tokens, where the scope has `openid`."""

    def __init__(self, issuer: str, keys: KeySet) -> None:
        self._issuer, self._keys = issuer, keys

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:  # noqa: ANN401
        code = request.authorization_code
        claims = {"sub": code.person.subject, "name": code.person.name, GROUPS_CLAIM: list(code.person.groups)}
        encoded: str = generate_id_token(
            token,
            claims,
            self._keys,
            self._issuer,
            APPLICATION,
            alg="ES256",
            exp=TOKEN_SECONDS,
            nonce=code.nonce,
            kid=self._keys.keys[0].kid,
        )
        return encoded


class _Issuer(IssuerParameter):  # type: ignore[misc]
    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def get_issuer(self) -> str:
        return self._issuer


class _Request(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib reads it; `parameters` are of its query, or of its form."""

    def __init__(self, method: str, uri: str, parameters: dict[str, str]) -> None:
        super().__init__(method, uri)
        self.payload = BasicOAuth2Payload(parameters)

    @property
    def form(self) -> dict[str, str]:
        found: dict[str, str] = self.payload.data
        return found


@dataclass
class Answer:
    """What is answered: JSON, or a redirect to `location`, which Authlib's extension of RFC 9207 completes."""

    status: int
    content: dict[str, Any]
    location: str


class OpenIdServer(AuthorizationServer):  # type: ignore[misc]
    """The authorization server of an issuer. `clock` returns epoch seconds, and ends codes."""

    def __init__(self, issuer: str, clock: Callable[[], float]) -> None:
        super().__init__()
        self.issuer, self.clock = issuer, clock
        self.codes: dict[str, Code] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, private=True, auto_kid=True)
        keys = KeySet([key])
        self.jwks = keys.as_dict(private=False)
        self.register_token_generator("default", _AccessTokens(issuer, keys))
        self.register_grant(AuthorizationCode, [Sha256Challenge(required=True), _IdTokens(issuer, keys)])
        self.register_grant(Refresh)
        self._names_issuer = _Issuer(issuer)
        self.register_extension(self._names_issuer)

    def refusal(self, parameters: dict[str, str]) -> Answer | None:
        """Return the answer to an authorization request that is not good; None if a code can be issued.

        It is a redirect only where the redirect URI is good.
        """
        request = _Request("GET", f"{self.issuer}/authorize", parameters)
        try:
            self.get_consent_grant(request)
        except OAuth2Error as error:
            answer: Answer = self.handle_error_response(request, error)
            self._names_issuer.add_issuer_parameter(self, answer)
            return answer
        return None

    def authorize(self, parameters: dict[str, str], person: Person) -> Answer:
        """Answer an authorization request, which was checked, for a person."""
        request = _Request("GET", f"{self.issuer}/authorize", parameters)
        request.user = person
        grant = self.get_authorization_grant(request)
        answered: Answer = self.create_authorization_response(request, person, grant)
        return answered

    def token(self, parameters: dict[str, str]) -> Answer:
        """Answer a token request."""
        answered: Answer = self.create_token_response(_Request("POST", f"{self.issuer}/token", parameters))
        return answered

    def revoke(self, token: str) -> None:
        """Forget a refresh token (RFC 7009); one that is not known is no error."""
        self.refresh_tokens.pop(token, None)

    def is_own_address(self, address: str) -> bool:
        """Return whether a browser may be sent to an address: one of this machine."""
        return _CLIENT.check_redirect_uri(address)

    # Authlib's names for what a framework must do.

    def query_client(self, client_id: str) -> Client | None:
        """Return the client with this id."""
        return _CLIENT if client_id == APPLICATION else None

    def save_token(self, token: dict[str, Any], request: _Request) -> None:
        """Keep a refresh token."""
        self.refresh_tokens[token["refresh_token"]] = RefreshToken(request.user, token.get("scope", ""))

    def create_oauth2_request(self, request: _Request) -> _Request:
        """Return the request, which is one already."""
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:  # noqa: ANN401
        """Return what is answered."""
        content = body if isinstance(body, dict) else {}
        return Answer(status, content, dict(headers).get("Location", ""))

    def send_signal(self, *_: object, **__: object) -> None:
        """Do nothing: nobody listens."""


_CLIENT = Client()
