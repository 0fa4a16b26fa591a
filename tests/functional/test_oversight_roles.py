"""Each route of oversight, with each role, each kind of client, and nothing."""

from __future__ import annotations

import pytest

from support.deployment import functions
from support.events import event, http_events
from support.operator_provider import ROLES
from support.oversight import Oversight

AUDIT, LOG, RECORDS = {"audit", "audit_statement", "usage"}, {"administration_log"}, {"record_view"}
PERMITTED = {
    "auditor": AUDIT | LOG,
    "client-manager": LOG,
    "approver": LOG,
    "data-officer": AUDIT | LOG | RECORDS,
    "client-manager and approver": LOG,
    "staff": set[str](),
    "clients.read": LOG,
    "clients.manage": LOG,
    "registry.search registry.subscribe registry.status": set[str](),
    "no token": set[str](),
    "not a token": set[str](),
}


def token_of(credential: str, oversight: Oversight) -> str:
    """Return a token; empty for none."""
    if credential in {"no token", "not a token"}:
        return "" if credential == "no token" else "x"
    if "." in credential:
        return oversight.api.token_of(scopes=tuple(credential.split(" ")))
    return oversight.provider.token(*credential.split(" and "))


def test_each_route_is_in_the_matrix() -> None:
    """The events of the matrix are of all routes that the template gives the function."""
    routes = {one["Properties"]["Path"] for one in functions()["OversightFunction"]["Events"].values()}
    bank = http_events()
    assert {bank[name]["routeKey"].split(" ")[-1] for name in AUDIT | LOG | RECORDS} == routes
    assert PERMITTED.keys() >= set(ROLES)


@pytest.mark.parametrize("credential", PERMITTED)
def test_a_route_is_open_to_its_roles_alone(oversight: Oversight, credential: str) -> None:
    """A person who may not see a route is denied before anything is looked up, and clients read the log alone."""
    token = token_of(credential, oversight)
    for name in AUDIT | LOG | RECORDS:
        for method in ("GET", "POST", "DELETE"):
            sent = event(name, token=token) if token else event(name, authorization="")
            sent["requestContext"]["http"]["method"] = method
            reply = oversight.api.send(sent)
            if method != "GET":
                assert reply.status == 405, name
            elif name in PERMITTED[credential]:
                assert reply.status == (404 if name == "record_view" else 200), (name, reply)
            else:
                assert reply.status == (401 if "token" in credential else 403), (name, reply)
                assert "entries" not in reply.text
    is_person = credential in ROLES or " and " in credential
    assert len(oversight.looks()) == (len(PERMITTED[credential]) if is_person else 0)


def test_a_denial_says_who_may(oversight: Oversight) -> None:
    """A client learns that the route is for people, and a person which role it needs."""
    by_client = oversight.api.send(event("audit", token=oversight.api.token_of(scopes=("clients.manage",))))
    assert by_client.json["errors"][0]["message"] == (
        "This is open to people alone, who sign in with the role auditor or data-officer."
    )
    by_person = oversight.ask("record_view", reason="x").json["errors"][0]["message"]
    assert by_person == "None of your roles permits this: ask for the group data-officer at your provider."
