"""Messages that a path does not serve for their action, or their number of items: rejected, or not acknowledged."""

from __future__ import annotations

from typing import Any

import pytest

from support.exchanges import Partner


@pytest.mark.parametrize("message", [{"transaction_id": "t-1", "subscribe_request": []}, None])
def test_another_action_is_rejected_in_the_header_of_a_sync_status(
    shared_partner: Partner, message: dict[str, Any] | None
) -> None:
    """As in the sync search, an action that the path does not serve is rejected, whatever the message looks like."""
    sent = shared_partner.message(name="status", sender_uri=None, action="subscribe")
    reply = shared_partner.send(sent | ({"message": message} if message else {}), "status")
    header, answer = reply.json["header"], reply.json["message"]
    assert (reply.status, header["action"], header["status"]) == (200, "txn-on-status", "rjct")
    assert header["status_reason_code"] == "rjct.action.not_supported"
    assert (header["message_id"], header["completed_count"]) == (sent["header"]["message_id"], 0)
    assert answer["transaction_id"] == (message or sent["message"])["transaction_id"]
    assert answer["txnstatus_response"]["txn_status"]["search_response"] == []


@pytest.mark.parametrize(("name", "action"), [("exchange_search", "search"), ("exchange_status", "txn-status")])
def test_an_acknowledgement_names_the_action_that_its_path_serves(
    shared_partner: Partner, name: str, action: str
) -> None:
    """The error names the member, and what it must be."""
    reply = shared_partner.send(shared_partner.message(name=name, action="subscribe"), name)
    assert (reply.status, reply.code) == (400, "err.request.bad")
    assert f"header.action must be {action}: this path serves no other." in reply.text


def test_one_entry_is_counted_as_one(shared_partner: Partner) -> None:
    """A list that must have an entry is said to need one entry, not one entries."""
    message = shared_partner.message()
    message["message"]["search_request"] = []
    assert "message.search_request must have at least 1 entry." in shared_partner.send(message).text
