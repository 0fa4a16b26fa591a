"""The acts on a client as a whole, and who is offered them."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import normalize
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from support.console_browser import PHONE
from support.console_clients import Clients

Opener = Callable[..., Page]
SECTIONS = ("", "secrets", "limits", "callbacks", "subscriptions", "log")


def test_a_client_is_stopped_and_started(page_as: Opener, clients: Clients) -> None:
    """Disabling and revoking act at once after a confirmation, and enabling waits for a second person."""
    client_id = clients.registered()
    path = f"/clients/{client_id}"
    page = page_as("client-manager", f"/console{path}")
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert clients.get(path)["status"] == "enabled"
    page.get_by_role("button", name="Revoke all tokens").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke all tokens").click()
    expect(page.get_by_text("Tokens valid from")).to_be_visible()
    assert "tokens_not_before" in clients.get(path)
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_text("The client is disabled:")).to_be_visible()
    assert clients.get(path)["status"] == "disabled"
    page.get_by_role("button", name="Enable").click()
    page.get_by_role("dialog").get_by_role("button", name="Enable").click()
    expect(page.get_by_role("heading", name="This change waits for a second person")).to_be_visible()


def test_deletion_asks_for_the_name(page_as: Opener, clients: Clients) -> None:
    """Only the name, typed, deletes a client; Escape and another name do not."""
    name = f"To be deleted {uuid4()}"
    client_id = clients.registered(name=name)
    page = page_as("client-manager", f"/console/clients/{client_id}", size=PHONE)
    page.get_by_role("button", name="Delete").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Demo partner")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog).to_contain_text("This is not the name of the client.")
    assert clients.send("GET", f"/clients/{client_id}").status == 200
    dialog.get_by_role("textbox").fill(name)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/console/clients$"))
    assert clients.send("GET", f"/clients/{client_id}").status == 404


@pytest.mark.parametrize("role", ["auditor", "approver", "data-officer"])
def test_a_reader_is_shown_no_buttons(role: str, page_as: Opener, clients: Clients) -> None:
    """Every part of a client, the list, and the keys are there, without an act on them."""
    allowed = {"Menu", "Sign out", "Look again", "Copy the address", "Show more"}
    page = page_as(role, "/console/clients")
    client_id = clients.get("/clients?name=Demo%20partner")["clients"][0]["client_id"]
    expect(page.get_by_role("link", name="New client")).to_have_count(0)
    page.get_by_role("link", name="Demo partner").click()
    for section in SECTIONS if role == "auditor" else SECTIONS[:2]:
        if section:
            page.get_by_label("Parts of this client").get_by_role("link", name=section.capitalize()).click()
            expect(page).to_have_url(re.compile(f"{client_id}.section={section}$"))
        expect(page.locator("main#main[aria-busy=false] h2").first).to_be_visible()
        assert {name for name in page.get_by_role("button").all_inner_texts() if name} <= allowed, section
    page.get_by_role("link", name="Keys", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Signing keys")
    assert {name for name in page.get_by_role("button").all_inner_texts() if name} <= allowed


def test_a_name_is_typed_as_the_keyboard_has_it(page_as: Callable[..., Page], clients: Clients) -> None:
    """What a name has apart from its letters, accents and joiners, need not be typed to delete the client."""
    name = f"Ministère {uuid4()} می\u200cخواهم"
    client_id = clients.registered(name=normalize("NFD", name))
    page = page_as("client-manager", f"/console/clients/{client_id}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("textbox").fill(normalize("NFC", name).replace("\u200c", ""))
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Clients")
