"""Attacks on the rule of the second person through clients, which may ask but not approve."""

from __future__ import annotations

from typing import Any

from support.admin_client import Admin
from support.api import Reply
from support.approvals import Office
from support.call_trace import hooked
from support.events import event


def message(reply: Reply) -> str:
    """Return the sentence of an error."""
    return str(reply.json["errors"][0]["message"])


def disclosed(office: Office, client_id: str) -> list[str]:
    """Return what a client may see."""
    found: list[str] = office.amina.send("client_get", client_id=client_id).json["disclosure"]
    return found


def test_an_approver_does_not_propose_by_a_client_of_their_own(office: Office) -> None:
    """A client in the approver's hands asks for them: one they registered, or gave a secret, by whatever detour."""
    registered = office.chi.create(scopes=["clients.manage"]).json
    assert office.bo.approve(registered["approval_id"]).status == 200
    given, target = Admin(office.api), office.registered()
    own = office.chi.send("secrets_add", client_id=registered["client_id"]).json["client_secret"]
    another = office.chi.send("secrets_add", client_id=given.client.client_id).json["client_secret"]
    clients = [(registered["client_id"], own), (given.client.client_id, another)]
    through = Admin(office.api)  # to which a client in their hands gave a secret
    detour = event("secrets_add", token=given.token) | {"pathParameters": {"client_id": through.client.client_id}}
    clients.append((through.client.client_id, office.api.send(detour).json["client_secret"]))
    for client_id, secret in clients:
        named = given.client._replace(client_id=client_id)
        token = office.api.token(named, secret).json["access_token"]
        asked = office.api.send(
            event("client_update", body={"disclosure": ["full"]}, token=token, if_match="*")
            | {"pathParameters": {"client_id": target}}
        )
        assert asked.status == 202
        assert office.chi.approve(asked.json["approval_id"]).status == 403
    assert disclosed(office, target) == ["minimal"]
    assert office.bo.approve(asked.json["approval_id"]).status == 200


def test_a_secret_that_is_added_during_the_approval_counts(office: Office) -> None:
    """An approver who takes a secret of the asking client at the very moment is seen, since its version changes."""
    machine, target = Admin(office.api), office.registered()
    approval = machine.update(target, "*", disclosure=["full"]).json["approval_id"]
    taken: list[int] = []

    def overtake(operation: str, _: Any) -> None:
        if operation == "TransactWriteItems" and not taken:
            taken.append(0)
            taken[0] = office.chi.send("secrets_add", client_id=machine.client.client_id).status

    with hooked(office.api.runtime, overtake):
        assert office.chi.approve(approval).status == 403
    assert (taken, disclosed(office, target)) == ([201], ["minimal"])


def test_an_approver_with_a_link_to_a_secret_is_no_second_person(office: Office) -> None:
    """The maker of a handover for the client that asked may have used its link, and does not approve."""
    machine, target = Admin(office.api), office.registered()
    assert office.chi.send("handovers_create", body={}, client_id=machine.client.client_id).status == 201
    approval = machine.update(target, "*", disclosure=["full"]).json["approval_id"]
    assert office.chi.approve(approval).status == 403
    assert office.bo.approve(approval).status == 200


def test_what_a_client_asked_that_lost_its_access_is_not_approved(office: Office) -> None:
    """A client that was disabled since, or lost clients.manage, cannot have its request approved."""
    machine, target = Admin(office.api), office.registered()
    approval = machine.update(target, "*", disclosure=["full"]).json["approval_id"]
    assert office.amina.send("client_disable", client_id=machine.client.client_id).status == 200
    assert office.bo.approve(approval).status == 409
    assert disclosed(office, target) == ["minimal"]


def test_no_client_approves(office: Office) -> None:
    """Whatever its scopes, a client neither approves nor rejects."""
    approval = office.waiting()
    token = office.api.token_of(scopes=("clients.manage", "clients.read", "registry.search"))
    for name in ("approval_approve", "approval_reject"):
        reply = office.api.send(event(name, token=token) | {"pathParameters": {"approval_id": approval}})
        assert (reply.status, "with the role approver" in message(reply)) == (403, True)
