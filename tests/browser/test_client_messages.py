"""Asynchronous messages and subscriptions of a client, with a partner's receiver that fails in several ways."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from support.console_browser import PHONE
from support.console_clients import Clients, Partner
from support.console_pages import go
from support.exchanges import ACK, receiving

Opener = Callable[..., Page]
Accessible = Callable[[Page], None]
NACK = {"message": {"ack_status": "NACK"}}


def test_a_refused_message_is_delivered_again(page_as: Opener, clients: Clients) -> None:
    """The list says why it failed, its attempts have a page, and Deliver again delivers it."""
    partner = Partner.of(clients)
    with receiving() as receiver:
        receiver.answer = lambda _: (200, NACK)
        failed = partner.search(receiver.url)
        partner.comes_to("refused", failed)
        page = page_as("client-manager", f"/console/clients/{partner.client_id}?section=callbacks&state=refused")
        row = page.locator("tbody tr")
        expect(row).to_contain_text("Refused")
        row.get_by_role("link").click()
        expect(page.locator("tbody tr")).to_contain_text("Refused")
        expect(page).to_have_url(re.compile(f"exchange={failed}$"))
        receiver.answer = lambda _: (200, ACK)
        again = page.get_by_role("button", name=f"Deliver again: message {failed}")
        again.click()
        page.get_by_role("dialog").get_by_role("button", name="Deliver again").click()
        expect(again).to_have_count(0)
        assert partner.state(failed) in {"delivering", "answered"}
    go(page, f"/console/clients/{partner.client_id}?section=log")
    expect(page.locator("tbody")).to_contain_text("Message delivered again")


def test_an_open_message_is_cancelled(page_as: Opener, clients: Clients) -> None:
    """While the receiver is down, the message is open, and nothing more is sent once it is cancelled."""
    partner = Partner.of(clients)
    with receiving() as receiver:
        receiver.answer = lambda _: (503, {})
        waiting = partner.search(receiver.url)
        partner.comes_to("delivering", waiting)
        page = page_as("client-manager", f"/console/clients/{partner.client_id}?section=callbacks", size=PHONE)
        page.get_by_role("button", name="Cancel the message").click()
        dialog = page.get_by_role("dialog")
        assert dialog.get_by_role("button").all_inner_texts()[1:] == [
            "Cancel the message",
            "Keep it",
        ]  # after "Close"
        dialog.get_by_role("button", name="Cancel the message").click()
        expect(page.locator("tbody tr")).to_contain_text("Cancelled")
    assert partner.state(waiting) == "cancelled"


def test_a_message_is_acted_on_at_its_own_client_alone(page_as: Opener, clients: Clients) -> None:
    """An address that names another client's message shows nothing of it, and no act on it."""
    partner, other = Partner.of(clients), clients.registered()
    with receiving() as receiver:
        receiver.answer = lambda _: (503, {})
        waiting = partner.search(receiver.url)
        page = page_as("client-manager", f"/console/clients/{other}?section=callbacks&exchange={waiting}")
        expect(page.get_by_role("alert")).to_contain_text("There is no page at this address.")
        expect(page.get_by_role("button", name="Cancel the message")).to_have_count(0)
        assert page.get_by_text(receiver.url).count() == 0


def test_a_paused_client_is_resumed(page_as: Opener, clients: Clients, accessible: Accessible) -> None:
    """A receiver that says it is gone pauses its client; a manager resumes it, and has what is dead sent again."""
    partner = Partner.of(clients)
    with receiving() as receiver:
        receiver.answer = lambda _: (410, {})
        partner.comes_to("dead", partner.search(receiver.url))
    page = page_as("client-manager", f"/console/clients/{partner.client_id}?section=callbacks")
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    accessible(page)
    again = page.get_by_role("button", name="Deliver")
    page.locator("tbody tr").get_by_role("link").click()
    expect(page.get_by_text("Callbacks are paused: resume them first")).to_be_visible()
    expect(again).to_have_count(0)
    page.get_by_role("link", name="All messages of this client").click()
    expect(page.locator("tbody tr")).to_contain_text("Callbacks are paused: resume them first")
    expect(again).to_have_count(0)
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    expect(page.get_by_role("heading", name="Paused")).to_have_count(0)
    assert "paused" not in clients.get(f"/clients/{partner.client_id}/usage")
    page.get_by_role("button", name="Deliver all dead messages again").click()
    page.get_by_role("dialog").get_by_role("button", name="Deliver all").click()
    expect(page.get_by_text("1 message is delivered again within a minute.")).to_be_visible()
    expect(page.get_by_role("button", name="Deliver all dead messages again")).to_have_count(0)


def test_a_subscription_is_ended(page_as: Opener, clients: Clients) -> None:
    """It is listed without the values that it compares, and ends after a confirmation."""
    partner = Partner.of(clients)
    with receiving() as receiver:
        partner.comes_to("answered", partner.subscribe(receiver.url))
    page = page_as("client-manager", f"/console/clients/{partner.client_id}?section=subscriptions")
    expect(page.locator("tbody tr")).to_contain_text("UIN (1 value)")
    page.get_by_role("button", name="End the subscription").click()
    page.get_by_role("dialog").get_by_role("button", name="End").first.click()
    expect(page.get_by_text("This client has no subscriptions.")).to_be_visible()


def test_a_form_of_callbacks_is_alone(page_as: Opener, clients: Clients) -> None:
    """While callbacks are edited, nothing is there that reads the page anew, which would lose what was entered."""
    page = page_as("client-manager", f"/console/clients/{clients.registered()}?section=callbacks")
    state = page.get_by_label("State")
    expect(state).to_be_visible()
    page.get_by_role("button", name="Edit: Callbacks").click()
    expect(page.get_by_label("Callback addresses")).to_be_visible()
    expect(state).to_have_count(0)
    page.get_by_role("button", name="Cancel").click()
    expect(state).to_be_visible()
