"""Attacks on the rule of the second person: each fails, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ReadTimeoutError

from dci_common.clients.proposal import proposal_key
from dci_common.operators.store import operator_key
from support.api import Api, Reply
from support.approvals import Office, Person, new_client
from support.call_trace import hooked
from support.callback_secrets import SECRET, URLS, in_use, secrets_for_callbacks
from support.events import event
from support.operator_provider import AUDIENCE, open_id_provider

WEEK = 7 * 86_400


def message(reply: Reply) -> str:
    """Return the sentence of an error."""
    return str(reply.json["errors"][0]["message"])


def disclosed(office: Office, client_id: str) -> list[str]:
    """Return what a client may see."""
    found: list[str] = office.amina.send("client_get", client_id=client_id).json["disclosure"]
    return found


def set_operator(person: Person, **texts: str) -> None:
    """Change members of a person's item, as an administrator of the table does."""
    person.api.runtime.dynamodb.update_item(
        TableName=person.api.runtime.settings.clients_table,
        Key=operator_key(person.id),
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in texts),
        ExpressionAttributeNames={f"#{name}": name for name in texts},
        ExpressionAttributeValues={f":{name}": {"S": text} for name, text in texts.items()},
    )


def test_nobody_approves_their_own_change(office: Office) -> None:
    """A person who may both manage and approve approves only what others asked for."""
    client_id = office.registered()
    approval = office.chi.update(client_id, disclosure=["full"]).json["approval_id"]
    denied = office.chi.approve(approval)
    assert (denied.status, message(denied).startswith("Another person")) == (403, True)
    assert disclosed(office, client_id) == ["minimal"]


def test_approvals_at_once_make_a_change_once(office: Office) -> None:
    """Of two own approvals and two of others in a race, just one decides, and it is no own one."""
    client_id = office.registered()
    approval = office.chi.update(client_id, disclosure=["full"]).json["approval_id"]
    etag = office.bo.send("approval_get", approval_id=approval).headers["ETag"]
    dan = office.person("dan", "approver")
    acts = [
        lambda: office.chi.approve(approval, etag),
        lambda: office.bo.approve(approval, etag),
        lambda: dan.approve(approval, etag),
        lambda: office.chi.approve(approval, etag),
    ]
    with ThreadPoolExecutor(len(acts)) as pool:
        own, first, second, again = [done.status for done in pool.map(lambda act: act(), acts)]
    assert ({own, again} <= {403, 409}, sorted([first, second])) == (True, [200, 409])
    assert office.amina.send("client_get", client_id=client_id).json["version"] == 2


def test_a_decision_that_was_overtaken_is_not_made(office: Office) -> None:
    """An approval that finds its change rejected at the very moment changes nothing."""
    client_id = office.registered()
    approval = office.waiting(client_id)
    overtaken: list[int] = []

    def overtake(operation: str, _: Any) -> None:
        if operation == "TransactWriteItems" and not overtaken:
            overtaken.append(0)
            overtaken[0] = office.person("dan", "approver").reject(approval).status

    with hooked(office.api.runtime, overtake):
        denied = office.bo.approve(approval)
    assert (overtaken, denied.status, message(denied)) == ([200], 409, "This was rejected already.")
    assert disclosed(office, client_id) == ["minimal"]


def test_a_proposal_that_was_changed_is_not_approved(office: Office) -> None:
    """An approval holds for what was seen: a stored change that is another one has another digest."""
    client_id = office.registered()
    approval = office.waiting(client_id)
    etag = office.bo.send("approval_get", approval_id=approval).headers["ETag"]
    runtime = office.api.runtime
    key: Any = {"TableName": runtime.settings.clients_table, "Key": proposal_key(approval)}
    stored = json.loads(runtime.dynamodb.get_item(**key)["Item"]["proposal"]["S"])
    stored["after"]["scopes"]["L"].append({"S": "clients.manage"})
    runtime.dynamodb.update_item(
        **key,
        UpdateExpression="SET proposal = :proposal",
        ExpressionAttributeValues={":proposal": {"S": json.dumps(stored, sort_keys=True)}},
    )
    assert office.bo.approve(approval, etag).status == 412
    assert office.bo.approve(approval, '"*"').status == 412
    assert office.bo.approve(approval, "*").status == 412
    assert office.bo.send("approval_approve", approval_id=approval, headers={"if_match": ""}).status == 428
    assert office.bo.approve(approval).status == 409  # the stored digest is of another change
    assert disclosed(office, client_id) == ["minimal"]


def test_a_client_that_was_changed_since_is_not_changed(office: Office) -> None:
    """A change holds for the version that it was asked for, and so does one of a client that was deleted since."""
    client_id = office.registered()
    approval = office.waiting(client_id)
    assert office.amina.update(client_id, disclosure=["identifier"]).status == 200
    denied = office.bo.approve(approval)
    assert (denied.status, "The client was changed since" in message(denied)) == (409, True)
    assert disclosed(office, client_id) == ["identifier"]
    other = office.waiting(client_id)
    assert office.amina.send("client_delete", client_id=client_id).status == 204
    assert office.bo.approve(other).status == 409


def test_a_change_that_waited_too_long_is_not_approved(office: Office) -> None:
    """After seven days it must be asked for again, even by who saw it before."""
    client_id = office.registered()
    approval = office.waiting(client_id)
    etag = office.bo.send("approval_get", approval_id=approval).headers["ETag"]
    office.api.clock.advance(WEEK)
    denied = office.bo.approve(approval, etag)
    assert (denied.status, "seven days" in message(denied)) == (409, True)
    assert disclosed(office, client_id) == ["minimal"]


def test_an_approval_is_not_replayed(office: Office) -> None:
    """An approval makes its change once, also where the client was narrowed to its former state since."""
    client_id = office.registered()
    approval = office.waiting(client_id)
    etag = office.bo.send("approval_get", approval_id=approval).headers["ETag"]
    assert office.bo.approve(approval, etag).status == 200
    assert office.amina.update(client_id, disclosure=["minimal"]).status == 200
    assert office.bo.approve(approval, etag).status == 409
    assert disclosed(office, client_id) == ["minimal"]


def test_an_approver_who_is_disabled_meanwhile_approves_nothing(office: Office) -> None:
    """The transaction checks that the approver is enabled, whatever is remembered of them."""
    client_id = office.registered()
    approval = office.waiting(client_id)
    disabled: list[str] = []

    def overtake(operation: str, _: Any) -> None:
        if operation == "TransactWriteItems" and not disabled:
            disabled.append(operation)
            set_operator(office.bo, status="disabled")

    with hooked(office.api.runtime, overtake):
        assert office.bo.approve(approval).status == 401
    assert disabled
    assert disclosed(office, client_id) == ["minimal"]


def test_what_a_disabled_person_asked_for_is_not_approved(office: Office) -> None:
    """The person who asked must be enabled at the moment of the transaction, and have had the role when last seen."""
    client_id = office.registered()
    approval = office.waiting(client_id)
    overtaken: list[str] = []

    def overtake(operation: str, _: Any) -> None:
        if operation == "TransactWriteItems" and not overtaken:
            overtaken.append(operation)
            set_operator(office.amina, status="disabled")

    with hooked(office.api.runtime, overtake):
        denied = office.bo.approve(approval)
    assert (denied.status, "may not ask any more" in message(denied)) == (409, True)
    set_operator(office.amina, status="enabled")
    demoted = office.person("amina", "auditor")
    assert demoted.send("clients_list").status == 200
    assert office.bo.approve(approval).status == 409
    assert office.chi.send("client_get", client_id=client_id).json["disclosure"] == ["minimal"]


def test_what_was_asked_under_a_former_provider_is_not_approved(office: Office, new_api: Callable[..., Api]) -> None:
    """With another provider, an approver may be the very person who asked, under a new name."""
    approval = office.waiting()
    with open_id_provider() as other:
        later = new_api(operator_issuer=other.issuer, operator_audience=AUDIENCE, approvals="widening")
        assert Office(later, other).bo.approve(approval).status == 409


def test_roles_are_not_spoofed(office: Office) -> None:
    """No claim, header, member or spelling makes an approver of a manager."""
    approval = office.waiting()
    etag = {"if_match": office.bo.send("approval_get", approval_id=approval).headers["ETag"]}
    for groups in (["Approver"], ["approver "], [["approver"]], "approver", {"approver": True}):
        claims: Any = {"sub": "eve", "cognito:groups": groups, "roles": ["approver"], "groups": ["approver"]}
        token = office.provider.token("client-manager", **claims)
        sent = event("approval_approve", body={"role": "approver"}, token=token, x_role="approver", **etag)
        reply = office.api.send(sent | {"pathParameters": {"approval_id": approval}})
        assert reply.status in {401, 403}, groups
    assert office.amina.approve(approval).status == 403


def test_a_proposal_is_no_way_around_the_checks(office: Office) -> None:
    """What is not accepted at once is not accepted to wait either, and an unknown member is no proposal."""
    client_id = office.registered()
    body = new_client(office.api) | {"asked_by": office.bo.id}
    assert office.amina.send("clients_create", body=body).status == 400
    assert office.amina.update(client_id, disclosure=["everything"]).status == 400
    assert office.amina.update(client_id, status="enabled").status == 400
    assert office.person("eve", "approver").update(client_id, disclosure=["full"]).status == 403


def test_an_idle_change_deletes_no_secret_that_waits(office: Office) -> None:
    """Callbacks that are set to what they are leave the secret that an approval needs, also after other entries."""
    client_id = office.registered()
    approval = office.waiting(client_id, callbacks={"urls": URLS, "auth": "bearer", "secret": SECRET})
    for changes in ({"auth": "none"}, {}, None):
        assert office.amina.update(client_id, callbacks=changes).json["version"] == 1
    assert office.bo.approve(approval).status == 200
    assert in_use(office.api, client_id) == SECRET


def test_a_request_that_failed_leaves_nothing_to_approve(office: Office) -> None:
    """Where the answer of the transaction is lost, the change does not wait: its secret for callbacks is deleted."""
    dynamodb: Any = office.api.runtime.dynamodb
    call, secrets, lost = dynamodb.call, secrets_for_callbacks(), list[str]()

    def lose(operation: str, request: Any) -> Any:
        answer = call(operation, request)
        if operation == "TransactWriteItems" and not lost:
            lost.append(operation)
            raise ReadTimeoutError(endpoint_url="https://dynamodb.example.org")
        return answer

    vars(dynamodb)["call"] = lose
    try:
        failed = office.amina.create(callbacks={"urls": URLS, "auth": "bearer", "secret": SECRET})
    finally:
        del vars(dynamodb)["call"]
    [asked] = [approval for approval in office.bo.listed() if approval["asked_by"] == office.amina.id]
    assert (failed.status, asked["status"]) == (503, "withdrawn")
    assert office.bo.approve(asked["approval_id"]).status == 409
    assert secrets_for_callbacks() == secrets
