"""The page of the signing keys: rotation and revocation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from playwright.sync_api import Locator, Page, expect

from support.console_browser import PHONE, Watch
from support.console_clients import Clients
from support.server_process import eventually

Opener = Callable[..., Page]


def part(page: Page, name: str) -> Locator:
    """Return the part of the page with the keys of a use."""
    return page.locator("section").filter(has=page.get_by_role("heading", name=name))


def current(clients: Clients, use: str) -> set[str]:
    """Return the ids of the keys that sign."""
    keys = clients.get("/keys")["keys"]
    return {key["kid"] for key in keys if (key["signs"], key["state"]) == (use, "current")}


def have_changed(clients: Clients, use: str, before: set[str]) -> bool:
    """Return whether other keys sign than before."""
    return current(clients, use).isdisjoint(before)


def test_keys_are_rotated(page_as: Opener, clients: Clients) -> None:
    """After the confirmation the next keys sign, of messages and of tokens alike."""
    page = page_as("client-manager", "/console/keys", size=PHONE)
    for use in ("messages", "tokens"):
        before = current(clients, use)
        part(page, f"Keys of {use}").get_by_role("button", name="Rotate").click()
        page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
        eventually(partial(have_changed, clients, use, before))
    page.get_by_role("button", name="Look again").click()
    expect(part(page, "Keys of tokens").get_by_text("Retired", exact=True).first).to_be_visible()


def test_keys_are_revoked_only_by_the_typed_word(page_as: Opener, clients: Clients, watch: Watch) -> None:
    """Any other word revokes nothing; the word replaces every key."""
    watch.expected.add("409")
    page = page_as("client-manager", "/console/keys")
    before = {key["kid"] for key in clients.get("/keys")["keys"] if key["signs"] == "messages"}
    part(page, "Keys of messages").get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("revolt")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Type the word as it is shown.")
    dialog.get_by_role("textbox").fill("revoke")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    eventually(lambda: before.isdisjoint(key["kid"] for key in clients.get("/keys")["keys"]))
