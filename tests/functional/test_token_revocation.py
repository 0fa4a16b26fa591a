"""POST /oauth2/client/revoke (RFC 7009) and /oauth2/client/introspect (RFC 7662)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from support.api import START, Api, Reply
from support.events import event

INACTIVE = {"active": False}


@dataclass
class Party:
    """A client and its secret."""

    api: Api
    client_id: str
    secret: str

    @classmethod
    def of(cls, api: Api, *scopes: str) -> Party:
        """Register a client with scopes."""
        client, secret = api.client(scopes=scopes)
        return cls(api, client.client_id, secret)

    def send(self, name: str, **parameters: str) -> Reply:
        """Send parameters with the client's credentials to an endpoint."""
        form = {"client_id": self.client_id, "client_secret": self.secret} | parameters
        return self.api.send(event(name, body=urlencode(form)))

    def token(self) -> str:
        """Get a token."""
        return str(self.send("token_form", grant_type="client_credentials").json["access_token"])


@pytest.fixture
def partner(api: Api) -> Party:
    """Return a client that may search."""
    return Party.of(api, "registry.search", "registry.status")


@pytest.fixture
def auditor(api: Api) -> Party:
    """Return a client that may introspect."""
    return Party.of(api, "clients.read")


def test_a_revoked_token_opens_nothing(api: Api, partner: Party) -> None:
    """A token that its client revoked is rejected at once where it was not used yet, and others still hold."""
    token, other = partner.token(), partner.token()
    reply = partner.send("revoke", token=token)
    assert (reply.status, reply.text) == (200, "")
    refused = api.search(token=token)
    assert (refused.status, refused.code) == (401, "err.request.unauthorized")
    assert api.search(token=other).status == 200


def test_revoking_takes_a_minute_at_most(api: Api, partner: Party) -> None:
    """Where the token is known already it is rejected within 60 seconds."""
    token = partner.token()
    assert api.search(token=token).status == 200
    assert partner.send("revoke", token=token).status == 200
    api.clock.advance(60)
    assert api.search(token=token).status == 401


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "anything"])
def test_a_hint_changes_nothing(api: Api, partner: Party, hint: str) -> None:
    """RFC 7009 §2.1: there is one kind of token, whatever the client says."""
    token = partner.token()
    assert partner.send("revoke", token=token, token_type_hint=hint).status == 200
    assert api.search(token=token).status == 401


def test_revoking_again_is_no_error(partner: Party) -> None:
    """RFC 7009 §2.2: what the client wants is so already."""
    token = partner.token()
    assert [partner.send("revoke", token=token).status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("token", ["x", "a.b.c", "ü", "x" * 100_000])
def test_an_unknown_token_is_no_error(partner: Party, auditor: Party, token: str) -> None:
    """A malformed token counts as revoked and is not active."""
    assert partner.send("revoke", token=token).status == 200
    assert auditor.send("introspect", token=token).json == INACTIVE


def test_revoking_an_expired_token_is_no_error(api: Api, partner: Party, auditor: Party) -> None:
    """A token that is over needs no revocation, and is not active."""
    token = partner.token()
    api.clock.advance(600)
    assert partner.send("revoke", token=token).status == 200
    assert auditor.send("introspect", token=token).json == INACTIVE


def test_another_clients_token_is_rejected(api: Api, partner: Party) -> None:
    """A client cannot revoke another client's token."""
    token = Party.of(api, "registry.search").token()
    reply = partner.send("revoke", token=token)
    assert (reply.status, reply.json["error"]) == (400, "invalid_grant")
    assert api.search(token=token).status == 200


def test_an_active_token_is_described(partner: Party, auditor: Party) -> None:
    """Introspection says what the token's claims say."""
    reply = auditor.send("introspect", token=partner.token())
    introspected = reply.json
    assert reply.headers["Cache-Control"] == "no-store"
    assert introspected.pop("jti")
    issuer = "https://registry.example.org"
    assert introspected == {
        "active": True,
        "token_type": "Bearer",
        "scope": "registry.search registry.status",
        "client_id": partner.client_id,
        "sub": partner.client_id,
        "iss": issuer,
        "aud": issuer,
        "iat": int(START),
        "exp": int(START) + 600,
    }


def disable(api: Api, client_id: str) -> None:
    """Disable a client."""
    admin = api.token_of(scopes=("clients.manage",))
    assert api.send(event("client_disable", token=admin) | {"pathParameters": {"client_id": client_id}}).status == 200


@pytest.mark.parametrize("how", ["revoked", "disabled"])
def test_what_was_ended_is_not_active(api: Api, partner: Party, auditor: Party, how: str) -> None:
    """Introspection knows of an end at once."""
    token = partner.token()
    if how == "revoked":
        partner.send("revoke", token=token)
    else:
        disable(api, partner.client_id)
    assert auditor.send("introspect", token=token).json == INACTIVE


@pytest.mark.parametrize("scope", ["clients.read", "clients.manage"])
def test_a_client_that_reads_clients_may_introspect(api: Api, partner: Party, scope: str) -> None:
    """A client with `clients.read` may introspect tokens."""
    assert Party.of(api, scope).send("introspect", token=partner.token()).json["active"] is True


def test_others_may_not_introspect(partner: Party) -> None:
    """A partner learns nothing of tokens, not even of its own."""
    for token in (partner.token(), "x"):
        reply = partner.send("introspect", token=token)
        assert (reply.status, reply.json["error"]) == (400, "unauthorized_client")


@pytest.mark.parametrize("name", ["revoke", "introspect"])
def test_both_authenticate_as_the_token_endpoint_does(partner: Party, name: str) -> None:
    """Without the right credentials neither says anything of a token."""
    token = partner.token()
    reply = Party(partner.api, partner.client_id, "wrong").send(name, token=token)
    assert (reply.status, reply.json["error"]) == (401, "invalid_client")
    assert reply.headers["WWW-Authenticate"] == 'Basic realm="token"'
    assert (reply.headers["Cache-Control"], reply.headers["Pragma"]) == ("no-store", "no-cache")
    assert partner.api.search(token=token).status == 200


@pytest.mark.parametrize("name", ["revoke", "introspect"])
def test_a_missing_token_is_an_error(auditor: Party, name: str) -> None:
    """The token is the one parameter that must be there."""
    reply = auditor.send(name)
    assert (reply.status, reply.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("name", ["revoke", "introspect"])
def test_a_token_in_the_url_is_rejected(auditor: Party, name: str) -> None:
    """URLs end up in logs, so no parameter belongs there."""
    sent = event(name, body=f"client_id={auditor.client_id}&client_secret={auditor.secret}")
    reply = auditor.api.send(sent | {"rawQueryString": f"token={auditor.token()}"})
    assert (reply.status, reply.json["error"]) == (400, "invalid_request")
