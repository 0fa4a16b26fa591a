"""What widens a client's access waits for a second person; see tests/security for attacks on that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dci_common.clients.proposal import proposal_item
from dci_common.clients.proposals import MAX_WAITING, Proposals
from dci_common.oauth.key_ring import generate
from support.admin_client import Admin
from support.api import Api
from support.approvals import Office, new_client
from support.call_trace import aws_calls
from support.callback_secrets import secrets_for_callbacks
from support.events import event
from support.lists import whole_list
from support.own_clients import Own

WEEK = 7 * 86_400
SECRET = "of-the-partner-0123456789"
CALLBACKS: dict[str, Any] = {"urls": ["https://partner.example.org/dci"], "auth": "bearer", "secret": SECRET}


def test_a_new_client_waits_for_a_second_person(office: Office) -> None:
    """A registration is answered with 202; approved, it is a client, without a secret until a manager adds one."""
    asked = office.amina.create()
    approval, client_id = asked.json["approval_id"], asked.json["client_id"]
    assert (asked.status, asked.json["widens"], asked.headers["Location"]) == (
        202,
        ["client"],
        f"/approvals/{approval}",
    )
    assert (
        "a person with the role approver, other than you, must approve it before 2026-03-08" in asked.json["message"]
    )
    assert "client_secret" not in asked.text
    path = {"client_id": client_id}
    assert office.amina.send("client_get", **path).status == 404
    assert office.bo.approve(approval).json["status"] == "approved"
    assert office.amina.send("client_get", **path).json["version"] == 1
    assert office.amina.send("secrets_list", **path).json["secrets"] == []
    added = office.amina.send("secrets_add", **path)
    assert (added.status, "client_secret" in added.json) == (201, True)


def test_the_list_says_what_waits_in_this_deployment(office: Office) -> None:
    """The list has the deployment's setting, so that an empty list differs from approvals that are off."""
    assert office.amina.send("approvals_list").json["mode"] == "widening"


def test_what_widens_waits_and_what_narrows_does_not(office: Office) -> None:
    """Each kind of widening is 202 and changes nothing; the same members made narrower are changed at once."""
    keys = {"keys": [generate("ES256").public]}
    narrow = {"record_types": ["SRPerson"], "requests_a_minute": 10, "records_a_day": 10, "jwks": keys}
    client_id = office.registered(**narrow, flags={"signature": "optional"})
    wide: list[tuple[dict[str, Any], str]] = [
        ({"scopes": ["registry.search", "registry.subscribe"]}, "scopes"),
        ({"disclosure": ["standard"]}, "disclosure"),
        ({"record_types": ["SRPerson", "Group"]}, "record_types"),
        ({"requests_a_minute": 11}, "requests_a_minute"),
        ({"records_a_day": None}, "records_a_day"),
        ({"flags": {"restricted": True}}, "flags.restricted"),
        ({"flags": {"asynchronous": True}}, "flags.asynchronous"),
        ({"flags": {"signature": "ignore"}}, "flags.signature"),
        ({"callbacks": {"urls": ["https://partner.example.org/dci"]}}, "callbacks.urls"),
        ({"jwks": {"keys": [generate("ES256").public]}}, "jwks"),
        ({"jwks": None, "jwks_uri": "https://partner.example.org/keys"}, "jwks_uri"),
    ]
    before = office.amina.send("client_get", client_id=client_id).json
    for changes, member in wide:
        reply = office.amina.update(client_id, **changes)
        assert (reply.status, reply.json.get("widens")) == (202, [member]), changes
    assert office.amina.send("client_get", client_id=client_id).json == before
    narrower: list[dict[str, Any]] = [
        {"name": f"Renamed {client_id}"},
        {"disclosure": ["identifier"]},
        {"requests_a_minute": 9},
        {"flags": {"signature": "unsigned"}},
        {"jwks": None},
    ]
    assert [office.amina.update(client_id, **changes).status for changes in narrower] == [200] * len(narrower)


def test_what_ends_access_never_waits(new_office: Callable[..., Office]) -> None:
    """Disabling, revoking and deleting are done at once in each mode; enabling again waits."""
    for mode in ("widening", "all"):
        office = new_office(mode)
        path = {"client_id": office.registered()}
        assert office.amina.send("client_disable", **path).status == 200
        enabled = office.amina.send("client_enable", **path)
        assert (enabled.status, enabled.json["widens"]) == (202, ["status"])
        assert office.bo.approve(enabled.json["approval_id"]).status == 200
        assert office.amina.send("client_get", **path).json["status"] == "enabled"
        assert office.amina.send("client_revoke_tokens", **path).status == 200
        assert office.amina.send("client_delete", **path).status == 204


def test_the_mode_decides_what_waits(new_office: Callable[..., Office]) -> None:
    """With `all`, narrower clients wait too; with `off`, and for the table's own administrators, nothing waits."""
    every, none = new_office("all"), new_office("off")
    narrower = every.amina.update(every.registered(), disclosure=["identifier"])
    assert (narrower.status, narrower.json["widens"]) == (202, ["disclosure"])
    assert none.amina.create().status == 201
    assert none.amina.update(none.registered(), disclosure=["full"]).status == 200


def test_an_approval_shows_before_and_after(office: Office) -> None:
    """The list has each requester and request, and one approval the client before and after, and what differs."""
    client_id = office.registered()
    approval = office.waiting(client_id)
    [listed] = [one for one in office.bo.listed("waiting") if one["approval_id"] == approval]
    assert (listed["client_id"], listed["act"], listed["asked_by"], listed["asked_by_name"]) == (
        client_id,
        "updated",
        office.amina.id,
        "Amina",
    )
    shown = office.bo.send("approval_get", approval_id=approval).json
    assert (shown["before"]["disclosure"], shown["after"]["disclosure"]) == (["minimal"], ["full"])
    assert shown["changes"] == {"disclosure": {"before": ["minimal"], "after": ["full"]}}
    page = office.bo.send("approvals_list", query="limit=1").json
    following = office.bo.send("approvals_list", query=f"limit=1&next={page['next']}").json
    assert page["approvals"] != following["approvals"]
    assert office.bo.send("approvals_list", query="status=open").status == 400
    assert office.bo.send("approval_get", approval_id="nothing").status == 404


def test_both_names_are_in_the_log(office: Office) -> None:
    """The entry of the change has the requester and the approver; that it was asked for is an entry of its own."""
    client_id = office.registered()
    approval = office.waiting(client_id)
    rejected = office.waiting(client_id)
    assert office.bo.approve(approval).status == 200
    assert office.bo.reject(rejected).status == 200
    entries = {(entry["act"], entry.get("approval_id")): entry for entry in office.bo.log(client_id)}
    made = entries["updated", approval]
    assert (made["by"], made["by_name"], made["version"]) == (office.amina.id, "Amina", 2)
    assert (made["approved_by"], made["approved_by_name"]) == (office.bo.id, "Bo")
    assert made["changes"]["disclosure"]["after"] == ["full"]
    assert entries["proposed", approval]["by_name"] == "Amina"
    assert entries["rejected", rejected]["by_name"] == "Bo"
    assert made in whole_list(lambda query: office.bo.send("clients_log", query=query), "entries")


def test_a_change_is_rejected_or_withdrawn(office: Office) -> None:
    """Then it is not approved any more. Only the requester withdraws; both may be repeated."""
    rejected, withdrawn = office.waiting(), office.waiting()
    assert [office.bo.reject(rejected).status for _ in range(2)] == [200, 200]
    assert office.chi.withdraw(withdrawn).status == 403
    assert [office.amina.withdraw(withdrawn).status for _ in range(2)] == [200, 200]
    for approval, status in ((rejected, "rejected"), (withdrawn, "withdrawn")):
        denied = office.bo.approve(approval)
        assert (denied.status, denied.json["errors"][0]["message"]) == (409, f"This was {status} already.")


def test_a_client_narrows_at_once_and_proposes_what_widens(office: Office) -> None:
    """A client with clients.manage changes what only narrows; a person approves the rest."""
    machine, target = Admin(office.api), office.registered()
    assert machine.update(target, "*", disclosure=["identifier"]).status == 200
    asked = machine.update(target, "*", disclosure=["full"])
    assert (asked.status, asked.json["asked_by"]) == (202, machine.client.client_id)
    assert "who neither registered this client nor gave it a secret or a key" in asked.json["message"]
    assert office.bo.approve(asked.json["approval_id"]).status == 200
    own = machine.update(machine.client.client_id, "*", jwks={"keys": [generate("ES256").public]})
    assert own.status == 202
    withdraw = event("approval_withdraw", token=machine.token)
    path = {"pathParameters": {"approval_id": own.json["approval_id"]}}
    assert office.api.send(withdraw | path).json["status"] == "withdrawn"


def test_what_waits_is_counted_once(new_own: Callable[..., Own]) -> None:
    """A change that waits costs one count of the index, however many others wait or are decided."""
    own = new_own(approvals="widening")
    client_id = own.registered()
    for _ in range(3):
        assert own.bo.reject(own.waiting(client_id)).status == 200
        own.waiting(client_id)
    for ask in (own.amina.create, partial(own.amina.update, client_id)):
        with aws_calls(own.api.runtime) as calls:
            assert ask(callbacks=CALLBACKS).status == 202
        operations = [call.split()[0] for call in calls]
        assert [one for one in operations if one in {"Query", "BatchGetItem"}] == ["Query"]


def test_a_bounded_number_of_changes_wait(new_own: Callable[..., Own]) -> None:
    """Then nothing more is asked for, and no secret of it stored, until one is decided or has expired."""
    own = new_own(approvals="widening")
    client_id = own.registered()
    asked = Proposals(own.api.runtime).get(own.waiting(client_id))
    for number in range(1, MAX_WAITING):
        item = proposal_item(asked._replace(approval_id=f"a-{number}"))
        own.api.runtime.dynamodb.put_item(TableName=own.api.runtime.settings.clients_table, Item=item)
    before = secrets_for_callbacks()
    for refused in (
        own.amina.create(callbacks=CALLBACKS),
        own.amina.update(client_id, callbacks=CALLBACKS),
        own.amina.update(client_id, disclosure=["full"]),
    ):
        assert refused.status == 409
        assert "500 changes wait for approval already" in refused.text
    assert secrets_for_callbacks() == before
    assert own.amina.send("client_disable", client_id=client_id).status == 200
    assert own.bo.reject("a-7").status == 200
    assert own.amina.create().status == 202
    assert own.amina.create().status == 409
    own.api.clock.advance(WEEK)
    assert own.amina.create().status == 202


def test_a_name_that_is_taken_is_rejected_at_once_or_by_the_approval(office: Office) -> None:
    """A name is free until a client has it: the second of two approvals is a conflict that says so."""
    body = new_client(office.api)
    asked = [office.amina.send("clients_create", body=body).json["approval_id"] for _ in range(2)]
    assert office.bo.approve(asked[0]).status == 200
    assert office.bo.approve(asked[1]).status == 409
    assert office.amina.send("clients_create", body=body).status == 409


def test_a_change_that_expired_is_listed_as_such(office: Office) -> None:
    """After seven days nothing can be approved; it can still be rejected, which cleans up."""
    approval = office.waiting()
    office.api.clock.advance(WEEK)
    assert office.bo.send("approval_get", approval_id=approval).json["status"] == "expired"
    assert office.bo.approve(approval).status == 409
    assert office.bo.reject(approval).status == 200


def test_without_operators_nothing_waits(api: Api) -> None:
    """A deployment that has no provider works as before."""
    admin = Admin(api)
    assert admin.create().status == 201
