"""POST /registry/sync/search: answers without items, by which a sender still knows the message."""

from __future__ import annotations

import pytest

from support.api import Api
from support.events import body_of, event
from support.messages import changed

MARK = "Zebra"  # what was sent is never repeated


@pytest.mark.parametrize(
    ("header", "message", "ids"),
    [
        ({"message_id": "m-1"}, {"transaction_id": "t-1"}, ("m-1", "t-1")),
        ({"message_id": "m-1", "action": "search"}, {}, ("m-1", "")),
        ({}, {"transaction_id": "t-1"}, ("", "t-1")),
        ({"message_id": 7}, {"transaction_id": ["t-1"]}, ("", "")),
        ({"message_id": MARK * 103}, {"transaction_id": MARK * 20}, ("", "")),
        (MARK, MARK, ("", "")),
    ],
    ids=repr,
)
def test_an_error_repeats_the_ids_that_were_sent(
    shared_api: Api, header: object, message: object, ids: tuple[str, str]
) -> None:
    """The sender recognises an error by its message_id and transaction_id, as far as these were ids."""
    for token, status in ((shared_api.partner_token, 400), ("x", 401)):
        reply = shared_api.send(event("search", body={"header": header, "message": message}, token=token))
        assert reply.status == status
        assert (reply.json["header"]["status"], reply.items) == ("rjct", [])
        assert MARK not in reply.text
        assert (reply.json["header"]["message_id"], reply.json["message"]["transaction_id"]) == ids


@pytest.mark.parametrize("action", ["Search", "subscribe", "on-search", MARK])
@pytest.mark.parametrize(
    ("message", "transaction_id"),
    [(body_of("search")["message"], "123456789"), ({"transaction_id": "t-1", "subscribe_request": []}, "t-1")],
    ids=["search_request", "another"],
)
def test_another_action_is_not_supported(shared_api: Api, action: str, message: object, transaction_id: str) -> None:
    """An action that this path does not serve is rejected in the header, whatever its message looks like."""
    body = changed("header.action", action) | {"message": message}
    reply = shared_api.send(event("search", body=body, token=shared_api.partner_token))
    assert (reply.status, reply.json["header"]["status"]) == (200, "rjct")
    assert reply.json["header"]["status_reason_code"] == "rjct.action.not_supported"
    assert reply.json["header"]["completed_count"] == 0
    assert (reply.json["message"]["transaction_id"], reply.items) == (transaction_id, [])
    assert MARK not in reply.text
