"""Handovers: a manager makes a link and a code, and the partner's officer makes the secret with both."""

from __future__ import annotations

import re
from typing import Any

from dci_common.clients.handover_items import MAX_TRIES, code_digest
from support.admin_client import Admin
from support.api import Api
from support.call_trace import aws_calls
from support.events import event
from support.handover_officer import WRONG, Officer, handed_over, listed, make, officer_of, withdraw
from support.lost_answers import functions_lose
from support.operator_provider import OpenIdProvider
from support.slow_aws import slow_aws

DAY = 86_400


def acts(admin: Admin, client_id: str) -> list[str]:
    """Return what the log says of a client, the oldest first."""
    return [entry["act"] for entry in reversed(admin.log(client_id))]


def test_a_link_and_a_code_make_a_secret(api: Api, admin: Admin, owner: str) -> None:
    """The answer has a link and a code, and these make a secret that works, beside the old one, for this client."""
    made = make(admin, owner)
    assert made.json.keys() == {
        *("handover_id", "created", "expires", "tries_left", "made_by", "old_expires_in", "link", "code")
    }
    assert re.fullmatch(r"https://registry\.example\.org/handover#[\w-]{43}", made.json["link"])
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", made.json["code"])
    assert made.json["expires"] == "2026-03-02T09:30:00.000Z"
    assert len(admin.secrets(owner)) == 1
    given = officer_of(made, api).send().json
    client = admin.send("client_get", owner).json
    assert given.keys() == {"client_id", "name", "secret_id", "created", "token_url", "client_secret"}
    assert (given["client_id"], given["name"]) == (owner, client["name"])
    assert given["token_url"] == "https://registry.example.org/oauth2/client/token"
    form = f"grant_type=client_credentials&client_id={owner}&client_secret={given['client_secret']}"
    assert api.send(event("token_form", body=form)).status == 200
    assert given["secret_id"] in {secret["secret_id"] for secret in admin.secrets(owner)}
    assert listed(admin, owner) == []


def test_a_page_shows_the_secret(api: Api, admin: Admin, owner: str) -> None:
    """The form of the page gets the secret, its client id, the token endpoint and a command, in a page."""
    reply = handed_over(admin, owner).submit()
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    secret = re.search(r"<code>(dcis_[\w-]{43})</code>", reply.text)
    assert secret
    form = f"grant_type=client_credentials&client_id={owner}&client_secret={secret[1]}"
    assert api.send(event("token_form", body=form)).status == 200
    url = "https://registry.example.org/oauth2/client/token"
    assert f"curl --user {owner} --data grant_type=client_credentials {url}" in reply.text
    assert reply.text.count(secret[1]) == 1  # never in a command, which a shell would keep


def test_a_code_may_be_typed_as_it_is_heard(admin: Admin) -> None:
    """Case, spaces and hyphens make no difference, nor letters that look like digits."""
    for spelling in ("{} {}", "{}{}", " {}--{} "):
        officer = handed_over(admin, admin.create().json["client_id"])
        typed = spelling.format(*officer.code.lower().split("-"))
        assert officer.send(typed).status == 200, typed
    assert code_digest("token", "0I1-l") == code_digest("token", "O111")


def test_the_old_secret_ends_when_it_is_replaced(api: Api, admin: Admin) -> None:
    """The old secret holds until the new one is made, and then as long as the manager said."""
    client, old = api.client()
    officer = handed_over(admin, client.client_id, old_expires_in=0)
    assert api.token(client, old).status == 200
    new = officer.send().json["client_secret"]
    assert [api.token(client, secret).status for secret in (old, new)] == [401, 200]


def test_five_wrong_codes_end_it(admin: Admin, owner: str) -> None:
    """Each wrong code is counted and recorded, and after the fifth the right one is of no use."""
    officer = handed_over(admin, owner)
    for left in range(MAX_TRIES - 1, 0, -1):
        reply = officer.send(WRONG)
        assert (reply.status, f"Tries left: {left}." in reply.text) == (403, True)
        assert listed(admin, owner)[0]["tries_left"] == left
        admin.api.clock.advance(1)
    assert [officer.send(code, source="192.0.2.1").status for code in (WRONG, officer.code)] == [404, 404]
    assert listed(admin, owner) == []
    assert acts(admin, owner) == ["created", "handover_created", *["handover_failed"] * 4, "handover_ended"]
    tries = [change for entry in admin.log(owner)[:5] for name, change in entry["changes"].items() if "tries" in name]
    assert tries == [{"before": number - 1, "after": number} for number in range(5, 0, -1)]
    assert len(admin.secrets(owner)) == 1


def test_the_fifth_code_may_be_right(admin: Admin, owner: str) -> None:
    """Four wrong codes leave one try."""
    officer = handed_over(admin, owner)
    assert [officer.send(WRONG).status for _ in range(4)] == [403] * 4
    assert officer.send().status == 200


def test_the_log_says_who_made_it(operators_api: Api, provider: OpenIdProvider) -> None:
    """The log names the person who made a handover, also where it was used, and who used it has no name."""
    owner = operators_api.client()[0].client_id
    path = {"pathParameters": {"client_id": owner}}
    token = provider.token("client-manager")
    made = operators_api.send(event("handovers_create", token=token) | path)
    given = officer_of(made, operators_api).send().json
    used, created, _ = operators_api.send(event("client_log", token=token) | path).json["entries"]
    person, before = f"{provider.issuer}#f3a1-amina", f"handovers.{made.json['handover_id']}"
    assert (created["act"], created["by"], created["by_name"]) == ("handover_created", person, "Amina Diallo")
    assert created["changes"][f"{before}.expires"] == {"after": made.json["expires"]}
    assert (used["act"], used["by"], used["secret_id"]) == ("handover_used", "handover", given["secret_id"])
    assert used["changes"][f"{before}.made_by"] == {"after": person}
    assert used["changes"][f"{before}.made_by_name"] == {"after": "Amina Diallo"}
    assert used["changes"][f"{before}.tries"] == {"before": 0, "after": 1}


def test_what_is_open_is_listed_and_withdrawn(admin: Admin, owner: str) -> None:
    """Open handovers are listed without what opens them; a withdrawn one is of no use, and is withdrawn once."""
    made = make(admin, owner).json
    del made["link"], made["code"]
    other = admin.create().json["client_id"]
    assert (listed(admin, owner), listed(admin, other)) == ([made], [])
    assert withdraw(admin, other, made["handover_id"]) == 404
    assert [withdraw(admin, owner, made["handover_id"]) for _ in range(2)] == [204, 404]
    assert listed(admin, owner) == []
    assert acts(admin, owner)[-1] == "handover_withdrawn"
    make(admin, owner)
    admin.api.clock.advance(DAY)
    assert listed(admin, owner) == []


def test_it_is_made_for_a_client_that_can_use_it(admin: Admin, owner: str) -> None:
    """A client that is disabled, has two secrets or does not exist is an error at once."""
    admin.send("client_disable", owner)
    assert (make(admin, owner).status, "enable it" in make(admin, owner).text) == (409, True)
    admin.send("client_enable", owner)
    admin.send("secrets_add", owner)
    assert (make(admin, owner).status, "delete one" in make(admin, owner).text) == (409, True)
    for name in ("handovers_create", "handovers_list"):
        assert admin.send(name, "nobody").status == 404
    assert make(admin, owner, old_expires_in=-1).status == 400


def test_no_room_for_a_secret_leaves_the_link(admin: Admin, owner: str) -> None:
    """Where a second secret was made meanwhile, the officer learns so, and the form works once it is deleted."""
    officer = handed_over(admin, owner)
    added = admin.send("secrets_add", owner).json
    assert (officer.send().status, acts(admin, owner)[-1]) == (409, "handover_refused")
    page = officer.submit()
    assert (page.status, "<form" in page.text, "Tries left: 3." in page.text) == (409, True, True)
    admin.send("secret_delete", owner, secret_id=added["secret_id"])
    assert officer.send().status == 200


def test_a_request_that_is_not_understood_counts_nothing(admin: Admin, owner: str) -> None:
    """Whatever is malformed is a client error in the form in which it was sent, and uses no try."""
    officer = handed_over(admin, owner)
    bodies: list[Any] = [{}, {"link": officer.link}, {"code": "1"}, {"link": 1, "code": []}, "{", "[]", "null"]
    bodies += [f'{{"link":"{officer.link}","code":"1","code":"2"}}', {"link": "x" * 2001, "code": "1"}]
    for body in bodies:
        assert admin.api.send(event("handover_json", body=body)).status == 400, body
    for form in ("", "link=x", "link=x&code=1&code=2", "link=%ff&code=1", "&".join(["a=b"] * 11)):
        reply = admin.api.send(event("handover_form", body=form))
        assert (reply.status, reply.headers["Content-Type"]) == (400, "text/html; charset=utf-8"), form
    assert admin.api.send(event("handover_json", content_type="text/plain")).status == 415
    assert listed(admin, owner)[0]["tries_left"] == MAX_TRIES


def test_no_answer_is_lost_with_the_secret(admin: Admin, owner: str) -> None:
    """A lost answer costs a try at most: no secret exists that nobody has seen, and the link still works."""
    officer = handed_over(admin, owner)
    with functions_lose(admin.api, 0):
        assert officer.send().status == 503
    with slow_aws(admin.api, lambda operation, _: 100 if operation == "TransactWriteItems" else 0.1):
        assert officer.send().status == 503
    assert [listed(admin, owner)[0]["tries_left"], len(admin.secrets(owner))] == [3, 1]
    assert officer.submit().status == 200


def test_what_cannot_be_a_link_costs_nothing(api: Api, admin: Admin, owner: str) -> None:
    """It is answered in a page without a form, since no other code would help, and nothing is looked up."""
    with aws_calls(api.runtime) as calls:
        for link in ("no such link", "A" * 42, "x#", "é" * 43):
            assert Officer(api, link, WRONG).send().status == 404
        reply = Officer(api, "no such link", WRONG).submit()
    assert (reply.status, "<form" in reply.text, calls) == (404, False, [])
    assert [withdraw(admin, owner, named) for named in ("", "x" * 3000, "\ud800")] == [404] * 3
