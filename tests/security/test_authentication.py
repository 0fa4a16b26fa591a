"""The token endpoint under attack: guessing, probing, and two ways of authentication at once."""

from __future__ import annotations

import hmac
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from dci_common.clients.model import Client
from dci_common.oauth.throttle import LONGEST_WAIT_SECONDS
from support.call_trace import aws_calls, steps
from support.events import Event, event
from support.oauth_replies import basic

if TYPE_CHECKING:
    from support.api import Api, Reply

GRANT = {"grant_type": "client_credentials"}


def form(*, authorization: str = "", **parameters: str) -> Event:
    """Return a token request with a form body."""
    return event("token_form", body=urlencode(GRANT | parameters), authorization=authorization)


def in_json(*, authorization: str = "", **parameters: str) -> Event:
    """Return a token request in OpenSPP's form."""
    return event("token_json", body=GRANT | parameters, authorization=authorization)


@pytest.mark.parametrize("make", [form, in_json])
def test_two_methods_at_once_are_rejected(api: Api, make: Any) -> None:
    """A secret in the header and one in the body are rejected, right or wrong, the same or not (RFC 6749 §2.3)."""
    client, secret = api.client()
    for in_header, in_body in ((secret, secret), (secret, "wrong"), ("wrong", secret), ("wrong", "wrong")):
        header = basic(client.client_id, in_header)
        reply = api.send(make(authorization=header, client_id=client.client_id, client_secret=in_body))
        assert (reply.status, reply.json["error"]) == (400, "invalid_request")


def test_a_bearer_token_is_no_authentication(api: Api) -> None:
    """A token does not get another token, alone or beside the right secret."""
    client, secret = api.client()
    bearer = f"Bearer {api.token(client, secret).json['access_token']}"
    alone = api.send(form(authorization=bearer))
    assert (alone.status, alone.json["error"]) == (401, "invalid_client")
    both = api.send(form(authorization=bearer, client_id=client.client_id, client_secret=secret))
    assert (both.status, both.json["error"]) == (400, "invalid_request")


def test_a_repeated_parameter_is_rejected(api: Api) -> None:
    """No parameter may come twice, so that no two readers of a request take it for two different ones."""
    client, secret = api.client()
    pairs = [*GRANT.items(), ("client_id", client.client_id), ("client_secret", secret)]
    for name, value in pairs:
        twice = api.send(event("token_form", body=urlencode([*pairs, (name, value)])))
        assert (twice.status, twice.json["error"]) == (400, "invalid_request")
        members = ",".join(f'"{name}":"{value}"' for name, value in [*pairs, (name, value)])
        twice = api.send(event("token_json", body=f"{{{members}}}"))
        assert (twice.status, twice.json["error"]) == (400, "invalid_request")


def test_similar_secrets_are_rejected(api: Api) -> None:
    """Only the secret itself is the secret: not its parts, its digest, another client's, or none."""
    client, secret = api.client()
    _, other = api.client()
    stored = api.runtime.dynamodb.get_item(
        TableName=api.runtime.settings.clients_table,
        Key={"pk": {"S": f"SECRET#{client.client_id}"}, "sk": {"S": "1"}},
    )["Item"]["digest"]["S"]
    near = (secret[:-1], f"{secret} ", f" {secret}", secret.upper(), secret.removeprefix("dcis_"), f"{secret}\0")
    for wrong in (*near, other, stored, "0" * 64, "\0", "%00", "*"):
        api.clock.advance(LONGEST_WAIT_SECONDS)  # so that each is looked at
        assert api.token(client, wrong).json["error"] == "invalid_client"
    api.clock.advance(LONGEST_WAIT_SECONDS)
    assert api.token(client, secret).status == 200


def test_similar_ids_are_rejected(api: Api) -> None:
    """An id is a client's to the letter, and never a key of the table."""
    client, secret = api.client()
    id_ = client.client_id
    for wrong in (id_.upper(), f"{id_} ", f"CLIENT#{id_}", f"{id_}#", f"{id_}\0", "*", "%", "KEYS", "NAME#client"):
        reply = api.token(client._replace(client_id=wrong), secret)
        assert (reply.status, reply.json["error"]) == (401, "invalid_client")


def unknown_to(client: Client) -> Client:
    """Return a client that is not registered."""
    return client._replace(client_id=str(uuid.UUID(int=7)))


def test_unknown_client_and_wrong_secret_look_the_same(api: Api) -> None:
    """The answers to an unknown client, a wrong secret and a disabled client are the same to the byte."""
    client, secret = api.client()
    disabled, its_secret = api.client()
    admin = api.token_of(scopes=("clients.manage",))
    sent = event("client_disable", token=admin) | {"pathParameters": {"client_id": disabled.client_id}}
    assert api.send(sent).status == 200
    replies = (api.token(client, "wrong"), api.token(unknown_to(client), secret), api.token(disabled, its_secret))
    assert len({(reply.status, reply.text, str(reply.headers)) for reply in replies}) == 1


def test_unknown_client_and_wrong_secret_cost_the_same(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both take the same steps: the same calls to AWS, the same comparison, the same functions in the same order."""
    client, _ = api.client()
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def noted(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", noted)

    def cost(asked: Client) -> tuple[list[str], list[str], list[tuple[int, int]]]:
        compared.clear()
        with aws_calls(api.runtime) as calls:
            taken = steps(lambda: api.token(asked, "wrong"))
        return calls, taken, [*compared]

    api.token(client, "wrong")  # what is made once, is made
    wrong = cost(client)
    assert wrong == cost(unknown_to(client))
    assert wrong[0] == ["BatchGetItem dci-clients", "UpdateItem dci-clients"]
    assert wrong[2] == [(64, 64)] * 2  # a comparison for each slot


def test_the_administration_does_not_reveal_existing_clients(api: Api) -> None:
    """Without the scope, a client's routes answer the same whether it exists or not, and read no client."""
    client, _ = api.client()
    token = api.token_of()
    names = ("client_get", "client_disable", "client_enable", "client_delete")

    def asked(name: str, client_id: str) -> Reply:
        return api.send(event(name, token=token) | {"pathParameters": {"client_id": client_id}})

    asked("client_get", client.client_id)  # the token's own client is read once
    with aws_calls(api.runtime) as calls:
        for name in names:
            existing, missing = asked(name, client.client_id), asked(name, str(uuid.UUID(int=7)))
            assert (existing.status, existing.text) == (missing.status, missing.text)
            assert existing.status == 403
    assert calls == []
