"""Every route of the API, with every role, every kind of client, and nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.api import Api
from support.deployment import functions
from support.events import Event, event, http_events
from support.operator_provider import ROLES, OpenIdProvider

ADMINISTRATION = ("/clients", "/keys", "/exchanges", "/subscriptions", "/approvals", "/overview")
PUBLIC = {"/handover", "/handover/handover.js"}  # a link and a code open it
# What each credential may do on the routes of administration: read, or also change.
READS, CHANGES = {"GET"}, {"GET", "POST", "PATCH", "DELETE"}
PERMITTED: dict[str, set[str]] = {
    "auditor": READS,
    "client-manager": CHANGES,
    "approver": READS,
    "data-officer": READS,
    "auditor and client-manager": CHANGES,
    "another group": set(),
    "no group": set(),
    "clients.read": READS,
    "clients.manage": CHANGES,
    "registry.search registry.subscribe registry.status": set(),
    "no token": set(),
}
DENIED = {401, 403}
DECISIONS = ("/approve", "/reject")  # which only approvers make
SENT_AGAIN = ("/redrive", "/resume")  # which only people do


def requests(prefixes: tuple[str, ...]) -> dict[str, Event]:
    """Return an event of each method of each route below some paths, by its name in the bank."""
    return {name: sent for name, sent in http_events().items() if path_of(sent).startswith(prefixes)}


def path_of(sent: Event) -> str:
    """Return the route of an event."""
    return str(sent["routeKey"]).split(" ")[-1]


def token_of(credential: str, api: Api, provider: OpenIdProvider) -> str:
    """Return a token; empty for none."""
    if credential == "no token":
        return ""
    if "." in credential:
        return api.token_of(scopes=tuple(credential.split(" ")))
    return provider.token(*(group for group in credential.split(" and ") if group != "no group"))


def test_each_route_of_administration_is_in_the_bank() -> None:
    """The events below are of all routes that the template gives the clients function, but for the public ones."""
    routes = {one["Properties"]["Path"] for one in functions()["ClientsFunction"]["Events"].values()}
    assert {path_of(sent) for sent in requests(ADMINISTRATION).values()} == routes - PUBLIC


@pytest.mark.parametrize("credential", PERMITTED)
def test_a_route_is_open_to_its_roles_alone(operators_api: Api, provider: OpenIdProvider, credential: str) -> None:
    """A role or a scope opens the routes that it permits, and each other one is denied before anything is done."""
    token = token_of(credential, operators_api, provider)
    for name, sent in requests(ADMINISTRATION).items():
        given = event(name, token=token) if token else event(name, authorization="")
        method = str(sent["requestContext"]["http"]["method"])
        reply = operators_api.send(given)
        permitted = method in PERMITTED[credential]
        if path_of(sent).endswith(DECISIONS):
            permitted = "approver" in credential
        if path_of(sent).endswith(SENT_AGAIN):
            permitted = "client-manager" in credential
        assert (reply.status not in DENIED) == permitted, (name, reply)
        assert reply.status < 500, (name, reply)


@pytest.mark.parametrize("role", ROLES)
def test_the_routes_of_partners_are_closed_to_people(operators_api: Api, provider: OpenIdProvider, role: str) -> None:
    """No role opens a route of the registry, in any function."""
    token = provider.token(role)
    closed = requests(("/registry", "/{prefix}/registry"))
    assert len(closed) >= 6
    for name in closed:
        reply = operators_api.send(event(name, token=token))
        assert reply.status in {401, 404}, name  # by a prefix that this deployment does not have: 404
        assert "reg_records" not in reply.text


def test_a_denial_says_which_role_is_needed(operators_api: Api, provider: OpenIdProvider) -> None:
    """An operator without the role learns which group permits it, and a client which scope."""
    reply = operators_api.send(event("keys_rotate", token=provider.token("auditor")))
    assert (reply.status, reply.code) == (403, "err.request.forbidden")
    assert reply.json["errors"][0]["message"] == (
        "None of your roles permits this: ask for the group client-manager at your provider."
    )


def test_nothing_changes_without_a_provider(new_api: Callable[..., Api], provider: OpenIdProvider) -> None:
    """A deployment without OperatorIssuer has its clients alone: their scopes open what they did before."""
    api = new_api()
    for credential in ("clients.read", "clients.manage"):
        token = token_of(credential, api, provider)
        for name, sent in requests(ADMINISTRATION).items():
            method = str(sent["requestContext"]["http"]["method"])
            denied = api.send(event(name, token=token)).status in DENIED
            permitted = method in PERMITTED[credential] and not path_of(sent).endswith((*DECISIONS, *SENT_AGAIN))
            assert denied != permitted, name
    assert provider.paths == []
