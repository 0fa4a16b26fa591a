"""Attacks on handovers: replayed, guessed, raced, outlived and framed; nothing but link and code makes a secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dci_cli.openapi.document import document
from dci_common.clients.handover_items import LIFETIME_SECONDS, MAX_TRIES
from dci_common.operators.store import operator_key
from support.admin_client import Admin
from support.call_trace import aws_calls, hooked
from support.events import event
from support.handover_officer import WRONG, Officer, handed_over, listed, make, officer_of, withdraw
from support.leaks import spellings
from support.stored_items import stored_items

if TYPE_CHECKING:
    from support.api import Api, Reply
    from support.logs import Logs
    from support.operator_provider import OpenIdProvider


def client_of(admin: Admin, **changes: Any) -> str:
    """Return the id of a new client."""
    return str(admin.create(**changes).json["client_id"])


def ended(officer: Officer) -> bool:
    """Return whether the right code is answered as a link that never was."""
    never = Officer(officer.api, "A" * 43, WRONG).send()
    reply = officer.send()
    without_id = re.compile('"(correlation_id|timestamp)":"[^"]*"')
    return reply.status == 404 and without_id.sub("", reply.text) == without_id.sub("", never.text)


def test_a_link_is_used_once(api: Api) -> None:
    """A replayed link and code get nothing, and leave the secret as it is."""
    admin = Admin(api)
    owner = client_of(admin)
    officer = handed_over(admin, owner)
    assert officer.send().status == 200
    before = admin.secrets(owner)
    assert ended(officer)
    assert admin.secrets(owner) == before


def test_a_link_that_is_used_at_once_makes_one_secret(api: Api) -> None:
    """Of two right codes, of which one comes between the steps of the other, one makes a secret."""
    admin = Admin(api)
    owner = client_of(admin)
    officer = handed_over(admin, owner)
    replies: list[Reply] = []
    begun: list[str] = []

    def between(operation: str, _: object) -> None:
        if operation == "TransactWriteItems" and not begun:
            begun.append(operation)
            replies.append(officer.send())

    with hooked(api.runtime, between):
        late = officer.send()
    assert [replies[0].status, late.status] == [200, 404]
    assert len(admin.secrets(owner)) == 2


def test_concurrent_guesses_are_counted_before_they_are_compared(api: Api) -> None:
    """However many codes are sent between the steps of another, no more than five are compared."""
    admin = Admin(api)
    owner = client_of(admin)
    officer = handed_over(admin, owner)
    statuses: list[int] = []
    depth = iter(range(7))

    def between(operation: str, _: object) -> None:
        if operation == "GetItem" and (number := next(depth, None)) is not None:
            statuses.append(officer.send(WRONG, source=f"192.0.2.{number}").status)

    with hooked(api.runtime, between):
        statuses.append(officer.send(WRONG).status)
    assert sorted(statuses) == [*[403] * (MAX_TRIES - 1), *[404] * 4]
    assert ended(officer)


def test_a_link_ends_after_a_day(api: Api) -> None:
    """A second before its end it works, and at its end it does not, as its item still stands in the table."""
    admin = Admin(api)
    for wait, status in ((LIFETIME_SECONDS - 1, 200), (LIFETIME_SECONDS, 404)):
        officer = handed_over(admin, client_of(admin))
        api.clock.advance(wait)
        assert officer.send().status == status


def test_a_link_ends_with_what_it_stands_on(api: Api) -> None:
    """Once withdrawn, once its client is disabled or deleted, once its maker is, or lost scope or tokens: nothing."""
    admin = Admin(api)

    def withdrawn(owner: str, _: Admin) -> None:
        assert withdraw(admin, owner, listed(admin, owner)[0]["handover_id"]) == 204

    def maker_narrowed(_: str, maker: Admin) -> None:
        reply = admin.update(maker.client.client_id, "*", scopes=["clients.read"])
        assert reply.status == 200

    events: dict[str, Callable[[str, Admin], object]] = {
        "withdrawn": withdrawn,
        "client disabled": lambda owner, _: admin.send("client_disable", owner),
        "client deleted": lambda owner, _: admin.send("client_delete", owner),
        "maker disabled": lambda _, maker: admin.send("client_disable", maker.client.client_id),
        "maker deleted": lambda _, maker: admin.send("client_delete", maker.client.client_id),
        "maker narrowed": maker_narrowed,
        "maker's tokens revoked": lambda _, maker: admin.send("client_revoke_tokens", maker.client.client_id),
    }
    for name, happens in events.items():
        owner, maker = client_of(admin), Admin(api)
        officer = handed_over(maker, owner)
        happens(owner, maker)
        assert ended(officer), name
        if name != "client deleted":
            assert len(admin.secrets(owner)) == 1, name


def test_the_maker_is_checked_in_the_transaction(api: Api) -> None:
    """A maker who is disabled or loses its tokens, or a client that is disabled, after the last look: no secret."""
    admin = Admin(api)
    for of_maker, act in ((True, "client_disable"), (True, "client_revoke_tokens"), (False, "client_disable")):
        owner, maker = client_of(admin), Admin(api)
        officer = handed_over(maker, owner)
        late = [maker.client.client_id if of_maker else owner]

        def between(operation: str, _: object, late: list[str] = late, act: str = act) -> None:
            if operation == "TransactWriteItems" and late:
                assert admin.send(act, late.pop()).status == 200

        with hooked(api.runtime, between):
            assert officer.send().status == 404
        assert len(admin.secrets(owner)) == 1


def test_a_link_that_is_made_after_a_revocation_works(api: Api) -> None:
    """A maker whose tokens were revoked makes links again, with a token of a later second."""
    admin, maker = Admin(api), Admin(api)
    admin.send("client_revoke_tokens", maker.client.client_id)
    api.clock.advance(1)
    assert handed_over(maker, client_of(admin)).send().status == 200


def test_a_disabled_operator_leaves_no_link(operators_api: Api, provider: OpenIdProvider) -> None:
    """A person's links end as soon as the person is disabled here."""
    owner = operators_api.client()[0].client_id
    made = event("handovers_create", token=provider.token("client-manager"))
    officer = officer_of(operators_api.send(made | {"pathParameters": {"client_id": owner}}), operators_api)
    operators_api.runtime.dynamodb.update_item(
        TableName=operators_api.runtime.settings.clients_table,
        Key=operator_key(f"{provider.issuer}#f3a1-amina"),
        UpdateExpression="SET #status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": {"S": "disabled"}},
    )
    assert ended(officer)


def test_no_step_distinguishes_an_ended_link_from_one_that_never_was(api: Api) -> None:
    """An unknown link, a used one, a withdrawn one and one with five tries are the same calls, and one answer."""
    admin = Admin(api)
    used, guessed = (handed_over(admin, client_of(admin)) for _ in range(2))
    assert used.send().status == 200
    for number in range(MAX_TRIES):
        guessed.send(WRONG, source=f"198.51.100.{number}")
    owner = client_of(admin)
    gone = handed_over(admin, owner)
    withdraw(admin, owner, listed(admin, owner)[0]["handover_id"])
    seen = set()
    for officer in (Officer(api, "A" * 43, WRONG), used, guessed, gone):
        with aws_calls(api.runtime) as calls:
            seen.add((officer.send().json["errors"][0]["message"], *calls))
    assert len(seen) == 1


def test_an_address_that_guesses_must_wait(api: Api) -> None:
    """Wrong codes and unknown links of one address are throttled, whichever links they are; others are not."""
    admin = Admin(api)
    guesser = Officer(api, "A" * 43, WRONG)
    assert [guesser.send().status for _ in range(6)] == [*[404] * 5, 429]
    officer = handed_over(admin, client_of(admin))
    page = Officer(api, officer.link, officer.code)
    page.source = guesser.source
    waiting = page.submit()
    assert (waiting.status, int(waiting.headers["Retry-After"]) > 0, "<form" in waiting.text) == (429, True, True)
    assert officer.send().status == 200


def test_nothing_that_opens_is_logged_or_stored(api: Api, logs: Logs) -> None:
    """Neither log lines nor tables have the link's token, the code or the secret, in any spelling."""
    admin = Admin(api)
    owner = client_of(admin)
    officer = handed_over(admin, owner)
    replies: list[Reply] = [officer.submit(WRONG), officer.send(WRONG), officer.send(), officer.submit()]
    secret, token = replies[2].json["client_secret"], officer.link.rpartition("#")[2]
    plain = officer.code.replace("-", "")
    where = "\n".join(logs.lines) + repr(stored_items(api.runtime.settings.clients_table))
    where += "".join(reply.text for reply in (replies[0], replies[1], replies[3]))
    for hidden in (*spellings(secret), *spellings(token), officer.code, plain, plain.encode().hex(), officer.link):
        assert hidden not in where
    assert any('"route":"/handover"' in line and owner in line for line in logs.lines)


def test_a_link_does_nothing_else(api: Api) -> None:
    """The link's token is no access token, and none of the other routes takes it."""
    admin = Admin(api)
    officer = handed_over(admin, client_of(admin))
    token = officer.link.rpartition("#")[2]
    assert api.send(event("clients_list", token=token)).status == 401
    assert [make(Admin(api, ("clients.read",)), client_of(admin)).status] == [403]
    assert "security" not in document()["paths"]["/handover"]["post"]
