"""Real OAuth clients, as partners use them, against a running server; tokens verified with the public keys alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt as joserfc_jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from jwt.algorithms import ECAlgorithm
from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauth2client import ClientSecretBasic, ClientSecretPost, OAuth2Client, OAuth2ClientCredentialsAuth
from requests_oauth2client import PrivateKeyJwt as RequestsPrivateKeyJwt
from requests_oauthlib import OAuth2Session as OauthlibSession

from dci_common.oauth.key_ring import SigningKey, generate
from support.api import identified
from support.events import body_of
from support.server_process import ServerProcess, dci_serve

SCOPE = "registry.search clients.read"


@dataclass(frozen=True)
class Partner:
    """A client of the running server, its secret, its key, and what the server says of itself."""

    client_id: str
    secret: str
    key: SigningKey
    server: dict[str, Any]

    @property
    def token_url(self) -> str:
        """The token endpoint's URL."""
        return str(self.server["token_endpoint"])

    def search(self, session: requests.Session) -> None:
        """Search with a session that adds the token, and find the known person."""
        message = body_of("search")
        message["message"]["search_request"] = [identified("UIN", "847951632")]
        answer = session.post(f"{self.server['issuer']}/registry/sync/search", json=message, timeout=30)
        assert answer.status_code == 200
        assert answer.json()["message"]["search_response"][0]["pagination"]["total_count"] == 1


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server."""
    with dci_serve(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def partner(running: ServerProcess) -> Partner:
    """Register a client with a secret and a key."""
    key = generate("ES256")
    asked: dict[str, Any] = {
        "name": "Strict",
        "sender_id": "test-client",
        "scopes": SCOPE.split(),
        "disclosure": ["full"],
    }
    asked |= {"jwks": {"keys": [key.public]}}
    created = running.send("POST", "/clients", asked, **running.authorization("admin"))
    assert created.status == 201
    described = running.send("GET", "/.well-known/oauth-authorization-server").json
    return Partner(created.json["client_id"], created.json["client_secret"], key, described)


@pytest.fixture(autouse=True)
def _insecure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clients speak plain HTTP, each by its own switch."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def authlib_session(partner: Partner, method: str) -> AuthlibSession:
    """Return Authlib's session with a way of authentication."""
    if method != "private_key_jwt":
        return AuthlibSession(
            partner.client_id, partner.secret, scope=SCOPE, token_endpoint_auth_method=method, leeway=0
        )
    private = ECKey.import_key(partner.key.private_key)
    session = AuthlibSession(
        partner.client_id, private, scope=SCOPE, token_endpoint_auth_method="private_key_jwt", leeway=0
    )
    # Its assertions last an hour by default; the server accepts five minutes at most.
    soon = {"exp": int(time.time()) + 60}
    session.register_client_auth_method(PrivateKeyJWT(partner.token_url, claims=soon, alg="ES256"))
    return session


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def test_authlib_gets_a_token(partner: Partner, method: str) -> None:
    """Authlib gets a token by each method and searches with it."""
    with authlib_session(partner, method) as session:
        token = session.fetch_token(partner.token_url, grant_type="client_credentials")
        assert token["scope"] == SCOPE
        assert type(token["expires_in"]) is int
        partner.search(session)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_revokes_and_introspects(partner: Partner, method: str) -> None:
    """Authlib's own calls for RFC 7662 and RFC 7009 work by each method of a secret."""
    with authlib_session(partner, method) as session:
        token = session.fetch_token(partner.token_url, grant_type="client_credentials")["access_token"]
        introspected = session.introspect_token(partner.server["introspection_endpoint"], token)
        assert introspected.json()["active"] is True
        assert session.revoke_token(partner.server["revocation_endpoint"], token).status_code == 200
        introspected = session.introspect_token(partner.server["introspection_endpoint"], token)
        assert introspected.json() == {"active": False}


def test_requests_oauthlib_gets_a_token_with_basic(partner: Partner) -> None:
    """requests-oauthlib gets a token with HTTP Basic and searches with it."""
    with OauthlibSession(client=BackendApplicationClient(partner.client_id, scope=SCOPE)) as session:
        session.fetch_token(partner.token_url, auth=HTTPBasicAuth(partner.client_id, partner.secret))
        partner.search(session)


def test_requests_oauthlib_gets_a_token_with_post(partner: Partner) -> None:
    """requests-oauthlib gets a token with credentials in the body and searches with it."""
    with OauthlibSession(client=BackendApplicationClient(partner.client_id, scope=SCOPE)) as session:
        session.fetch_token(partner.token_url, client_secret=partner.secret, include_client_id=True)
        partner.search(session)


def _signing(partner: Partner) -> RequestsPrivateKeyJwt:
    loaded: Any = load_pem_private_key(partner.key.private_key.encode(), None)
    private = ECAlgorithm.to_jwk(loaded, as_dict=True)
    private.pop("key_ops", None)
    return RequestsPrivateKeyJwt(partner.client_id, {**private, "kid": partner.key.kid, "alg": "ES256"})


METHODS: dict[str, Callable[[Partner], requests.auth.AuthBase]] = {
    "client_secret_basic": lambda partner: ClientSecretBasic(partner.client_id, partner.secret),
    "client_secret_post": lambda partner: ClientSecretPost(partner.client_id, partner.secret),
    "private_key_jwt": _signing,
}


@pytest.mark.parametrize("method", METHODS)
def test_requests_oauth2client_gets_a_token(partner: Partner, method: str) -> None:
    """requests-oauth2client, set up from the metadata, gets, uses, introspects and revokes a token by each method."""
    auth = METHODS[method](partner)
    client = OAuth2Client.from_discovery_document(
        partner.server, issuer=partner.server["issuer"], auth=auth, testing=True
    )
    token = client.client_credentials(scope=SCOPE)
    assert (token.scope, token.token_type) == (SCOPE, "Bearer")
    with requests.Session() as session:
        session.auth = token
        partner.search(session)
        session.auth = OAuth2ClientCredentialsAuth(client, scope="registry.search")
        partner.search(session)
    introspected: Any = client.introspect_token(token)
    assert (introspected["active"], introspected["client_id"]) == (True, partner.client_id)
    assert client.revoke_access_token(token)
    ended: Any = client.introspect_token(token)
    assert ended["active"] is False


def test_a_token_is_verified_from_the_key_set_alone(partner: Partner) -> None:
    """With what the JWKS URL says and nothing else joserfc accepts a token, and no other one."""
    with authlib_session(partner, "client_secret_basic") as session:
        text = session.fetch_token(partner.token_url, grant_type="client_credentials")["access_token"]
    published = requests.get(partner.server["jwks_uri"], timeout=30)
    assert published.headers["Cache-Control"] == "public, max-age=300"
    token = joserfc_jwt.decode(text, KeySet.import_key_set(published.json()), algorithms=["ES256"])
    assert (token.header["typ"], token.header["alg"]) == ("at+jwt", "ES256")
    expected: Any = {name: {"essential": True, "value": partner.server["issuer"]} for name in ("iss", "aud")}
    expected |= {"sub": {"essential": True, "value": partner.client_id}, "exp": {"essential": True}}
    registry = joserfc_jwt.JWTClaimsRegistry(**expected)
    registry.validate(token.claims)
    assert token.claims == jwt.decode(text, options={"verify_signature": False})
    foreign = KeySet([ECKey.import_key(generate("ES256").public)])
    with pytest.raises(JoseError):
        joserfc_jwt.decode(text, foreign, algorithms=["ES256"])
