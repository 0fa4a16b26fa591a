"""What the local provider grants: authorization codes with PKCE (S256 alone) and refresh tokens, each used once."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError, grants
from authlib.oauth2.rfc7636 import CodeChallenge

from dci_cli.local.openid.people import APPLICATION, Person

CODE_SECONDS = 60
# Of this machine, at any port (RFC 8252 §7.3), and nothing but a path.
_REDIRECT = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost):[0-9]{1,5}/[A-Za-z0-9/_-]*")
_SCOPES = ("openid", "profile", "email", "offline_access")


class Client(ClientMixin):  # type: ignore[misc] # which has no types
    """The one client: public, as a program on somebody's machine is."""

    def get_client_id(self) -> str:
        """Return the client's id."""
        return APPLICATION

    def get_default_redirect_uri(self) -> None:
        """Return nothing: the redirect URI must be in the request."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return those of the requested scopes that there are."""
        return " ".join(one for one in (scope or "").split() if one in _SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Return whether a redirect leads to this machine."""
        return bool(_REDIRECT.fullmatch(redirect_uri))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Return whether the client may authenticate so: it has no secret."""
        return (method, endpoint) == ("none", "token")

    def check_response_type(self, response_type: str) -> bool:
        """Return whether the client may ask for this."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Return whether the client may use this grant."""
        return grant_type in {"authorization_code", "refresh_token"}


class Code(NamedTuple):
    """An authorization code that was issued, by the names that Authlib reads."""

    person: Person
    redirect_uri: str
    scope: str
    code_challenge: str
    nonce: str
    expires: float
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Return where the code was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return the scope that was granted."""
        return self.scope


class RefreshToken(NamedTuple):
    """A refresh token that was issued."""

    person: Person
    scope: str

    def check_client(self, client: Client) -> bool:
        """Return whether the token is this client's."""
        return client.get_client_id() == APPLICATION

    def get_scope(self) -> str:
        """Return the scope that was granted."""
        return self.scope


class Sha256Challenge(CodeChallenge):  # type: ignore[misc]
    """PKCE that every request must use, with S256: Authlib accepts a request without a challenge, and `plain`."""

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:  # noqa: ANN401 - Authlib's
        """Raise InvalidRequestError unless the request has a challenge of the one method."""
        given = grant.request.payload.data
        if not given.get("code_challenge") or given.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: give code_challenge, and code_challenge_method as S256.")
        super().validate_code_challenge(grant, redirect_uri)


class AuthorizationCode(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """The grant of a code."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def save_authorization_code(self, code: str, request: Any) -> None:  # noqa: ANN401
        """Keep a code that is issued."""
        given = request.payload.data
        self.server.codes[code] = Code(
            person=request.user,
            redirect_uri=given["redirect_uri"],
            scope=request.scope,
            code_challenge=given["code_challenge"],
            nonce=given.get("nonce", ""),
            expires=self.server.clock() + CODE_SECONDS,
        )

    def query_authorization_code(self, code: str, _client: Client) -> Code | None:
        """Return a code that is valid, and take it away: it is used once, also by a request that then fails."""
        found: Code | None = self.server.codes.pop(code, None)
        return found if found and self.server.clock() < found.expires else None

    def delete_authorization_code(self, _code: Code) -> None:
        """Do nothing: see above."""

    def authenticate_user(self, code: Code) -> Person:
        """Return whom the code is for."""
        return code.person


class Refresh(grants.RefreshTokenGrant):  # type: ignore[misc]
    """The grant of a refresh token, which gives a new one."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken | None:
        """Return a refresh token that is valid, and take it away: it is used once."""
        found: RefreshToken | None = self.server.refresh_tokens.pop(refresh_token, None)
        return found

    def authenticate_user(self, token: RefreshToken) -> Person:
        """Return whom the token is for."""
        return token.person

    def revoke_old_credential(self, _token: RefreshToken) -> None:
        """Do nothing: see above."""
