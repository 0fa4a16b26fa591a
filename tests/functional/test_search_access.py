"""POST /registry/sync/search: access, and what is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dci_cli.local.demo import KNOWN_UIN, Population
from dci_common.clients.administration import Administration
from dci_common.clients.changes import Caller
from dci_common.clients.log import OPERATOR
from support.api import Api, Reply, identified
from support.events import event

if TYPE_CHECKING:
    from support.logs import Logs


def is_refused(reply: Reply, status: int, code: str) -> str:
    """Check an error of the gate and return its challenge."""
    assert (reply.status, reply.code) == (status, code)
    assert reply.headers["Cache-Control"] == "no-store"
    return reply.headers["WWW-Authenticate"]


def is_challenged(reply: Reply) -> None:
    """Check that the token is what is wrong (RFC 6750 §3.1)."""
    assert is_refused(reply, 401, "err.request.unauthorized").startswith('Bearer error="invalid_token"')


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic dGVzdDp0ZXN0", "token"])
def test_a_missing_token_is_401(shared_api: Api, authorization: str) -> None:
    """No bearer token is 401 with a bare challenge (RFC 6750 §3.1), whatever the body."""
    for body in (None, "no JSON"):
        reply = shared_api.send(event("search", body=body, authorization=authorization))
        assert is_refused(reply, 401, "err.request.unauthorized") == "Bearer"


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "eyJhbGciOiJub25lIn0.e30."])
def test_an_invalid_token_is_401(shared_api: Api, token: str) -> None:
    """Anything else in a token's place is an invalid token."""
    is_challenged(shared_api.send(event("search", token=token)))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_case_of_the_scheme_does_not_count(shared_api: Api, scheme: str) -> None:
    """Authentication schemes are case-insensitive (RFC 9110 §11.1)."""
    sent = event("search", authorization=f"{scheme} {shared_api.partner_token}")
    assert shared_api.send(sent).status == 200


def test_a_token_is_good_for_its_lifetime(api: Api) -> None:
    """A token opens the search until the second in which it expires."""
    token = api.token_of(token_lifetime=120)
    api.clock.advance(119)
    assert api.search(identified("UIN", KNOWN_UIN), token=token).status == 200
    api.clock.advance(1)
    is_challenged(api.search(identified("UIN", KNOWN_UIN), token=token))


def test_a_token_without_the_scope_is_403(shared_api: Api) -> None:
    """Another scope is 403, and says which one is needed."""
    token = shared_api.token_of(scopes=("registry.status", "clients.read"))
    challenge = is_refused(shared_api.send(event("search", token=token)), 403, "err.request.forbidden")
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="registry.search"' in challenge


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_tokens_of_a_removed_client_end_within_a_minute(api: Api, how: str) -> None:
    """A disabled or deleted client's tokens end within a minute, though they have not expired."""
    client, secret = api.client()
    token = api.token(client, secret).json["access_token"]
    assert api.search(identified("UIN", KNOWN_UIN), token=token).status == 200
    administration, operator = Administration(api.runtime), Caller(OPERATOR)
    if how == "disabled":
        administration.set_status(operator, client.client_id, "disabled")
    else:
        administration.delete(operator, client.client_id)
    api.clock.advance(60)
    is_challenged(api.search(identified("UIN", KNOWN_UIN), token=token))


def test_a_sender_speaks_for_itself_alone(shared_api: Api) -> None:
    """A good token does not let its client send in another's name."""
    token = shared_api.token_of(sender_id="another-partner")
    reply = shared_api.search(identified("UIN", KNOWN_UIN), token=token)
    assert (reply.status, reply.code) == (400, "err.sender_id.invalid")
    own = shared_api.search(identified("UIN", KNOWN_UIN), token=token, sender_id="another-partner")
    assert own.status == 200
    assert own.json["header"]["receiver_id"] == "another-partner"


def test_health_needs_no_token(shared_api: Api) -> None:
    """The health check is open, and says nothing but that the function runs."""
    reply = shared_api.send(event("health"))
    assert (reply.status, reply.json) == (200, {"status": "ok"})


def test_the_log_has_counts_and_no_values(shared_api: Api, population: Population, logs: Logs) -> None:
    """A search logs the client and how much was found, and no value of query, record or token."""
    token = shared_api.partner_token
    items = [identified("UIN", KNOWN_UIN), identified("UIN", "TEST-001", reference_id="r-2")]
    reply = shared_api.search(*items, token=token)
    (entry,) = logs.entries()
    assert (entry["status"], entry["items"], entry["records"]) == (200, 2, 1)
    assert entry["client_id"]
    person = population.people[0]
    for secret in (
        KNOWN_UIN,
        "TEST-001",
        str(person.birth_date),
        person.emails[0],
        person.name.given_name,
        token,
        "r-2",
    ):
        assert str(secret) not in "".join(logs.lines)
    assert KNOWN_UIN in reply.text
