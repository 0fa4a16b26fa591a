"""The secrets of a client: each is shown once and kept nowhere, and the procedures lead through their steps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from support.console_browser import PHONE, Visitors, Watch
from support.console_clients import Clients

Opener = Callable[..., Page]
Accessible = Callable[[Page], None]
KEEPERS = (
    *("{...localStorage}", "{...sessionStorage}", "document.cookie"),
    *("location.href", "history.state", "document.documentElement.outerHTML"),
)


def opened(page_as: Opener, client_id: str, procedure: str, **options: object) -> Page:
    """Return the page of a client's secrets, with a procedure begun."""
    page = page_as("client-manager", f"/console/clients/{client_id}?section=secrets", **options)
    page.get_by_role("button", name=procedure).click()
    return page


def secrets_of(clients: Clients, client_id: str) -> list[dict[str, str]]:
    """Return what is listed of a client's secrets."""
    found: list[dict[str, str]] = clients.get(f"/clients/{client_id}/secrets")["secrets"]
    return found


def test_a_double_click_makes_one_secret_which_is_kept_nowhere(visitors: Visitors, clients: Clients) -> None:
    """The secret works, and when its window is closed it is in no storage, address or request of the page."""
    client_id = clients.registered()
    page = opened(visitors.page_as, client_id, "Give it a secret")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url + (request.post_data or "")))
    page.get_by_label("It is shown here once").check()
    page.get_by_role("button", name="Make the secret").dblclick()
    dialog = page.get_by_role("dialog")
    secret = dialog.get_by_role("textbox", name="Secret").inner_text()
    assert clients.granted(client_id, secret).status == 200
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    dialog.get_by_role("button", name="Copy the secret").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_contain_text("Close without copying?")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog").get_by_role("textbox", name="Secret")).to_have_text(secret)
    page.get_by_role("button", name="I have copied it, close").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert len(secrets_of(clients, client_id)) == 1
    assert secret not in page.evaluate(f"JSON.stringify([{', '.join(KEEPERS)}])")
    assert secret not in "".join(sent)


def test_a_secret_is_replaced_in_steps(page_as: Opener, clients: Clients, accessible: Accessible) -> None:
    """By a link and a code the partner makes it; the page shows which one is used, and the old one is deleted."""
    client_id = clients.registered()
    first = clients.secret(client_id)
    page = opened(page_as, client_id, "Replace the secret", size=PHONE)
    page.get_by_role("button", name="Make the link and the code").click()
    dialog = page.get_by_role("dialog")
    link = dialog.get_by_role("textbox", name="Link").inner_text()
    code = dialog.get_by_role("textbox", name="Code").inner_text()
    dialog.get_by_role("button", name="I have sent them, close").click()
    expect(page.get_by_text("When the partner has opened the link")).to_be_visible()
    expect(page.get_by_role("button", name="Make the link and the code")).to_have_count(0)
    made = clients.server.send("POST", "/handover", {"link": link, "code": code})
    clients.granted(client_id, made.json["client_secret"])
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("Both secrets are valid now.")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Delete the old secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("heading", name="A new secret")).to_have_count(0)
    [left] = secrets_of(clients, client_id)
    assert left["secret_id"] == made.json["secret_id"]
    assert clients.granted(client_id, first).status == 401


def test_the_first_secret_has_two_steps(page_as: Opener, clients: Clients) -> None:
    """There is no old secret to delete: what is left is that the partner uses it."""
    client_id = clients.registered()
    page = opened(page_as, client_id, "Give it a secret")
    expect(page.locator(".steps li")).to_have_count(2)
    page.get_by_label("It is shown here once").check()
    page.get_by_role("button", name="Make the secret").click()
    dialog = page.get_by_role("dialog")
    secret = dialog.get_by_role("textbox", name="Secret").inner_text()
    dialog.get_by_role("button", name="I have copied it, close").click()
    expect(page.locator(".steps li").last).to_contain_text("The secret is made.")
    clients.granted(client_id, secret)
    page.get_by_role("button", name="Look again").click()
    expect(page.locator(".steps .badge")).to_have_count(2)
    page.locator(".steps").get_by_role("button", name="Close").press("Enter")
    expect(page.get_by_role("button", name="Replace the secret")).to_be_focused()


def test_after_a_leak_nothing_stays_that_the_page_does_not_show(page_as: Opener, clients: Clients) -> None:
    """A link that is open ends, and so does a secret that was made by one after the page was read."""
    client_id = clients.registered()
    made, _ = (clients.send("POST", f"/clients/{client_id}/handovers", {}).json for _ in range(2))
    page = opened(page_as, client_id, "After a leak")
    clients.server.send("POST", "/handover", {name: made[name] for name in ("link", "code")})
    assert len(secrets_of(clients, client_id)) == 1
    page.get_by_role("button", name="End all secrets").click()
    page.get_by_role("dialog").get_by_role("button", name="End all secrets").click()
    expect(page.get_by_text("No link is open.")).to_be_visible()
    assert secrets_of(clients, client_id) == []


def test_after_a_leak_everything_ends_before_a_new_secret(
    page_as: Opener, clients: Clients, accessible: Accessible
) -> None:
    """All secrets and links end, then the tokens, and the partner is given a new one; the log has all of it."""
    client_id = clients.registered()
    leaked = [clients.secret(client_id), clients.secret(client_id)]
    clients.granted(client_id, leaked[0])
    page = opened(page_as, client_id, "After a leak")
    page.get_by_role("button", name="End all secrets").click()
    page.get_by_role("dialog").get_by_role("button", name="End all secrets").click()
    page.get_by_role("button", name="Revoke all tokens").click()
    expect(page.get_by_label("By a link and a code")).to_be_checked()
    assert secrets_of(clients, client_id) == []
    assert {clients.granted(client_id, secret).status for secret in leaked} == {401}
    page.get_by_role("button", name="Make the link and the code").click()
    page.get_by_role("button", name="I have sent them, close").click()
    expect(page.get_by_text("Look for what was seen")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="The log of this client").click()
    expect(page.locator("tbody tr").nth(1)).to_contain_text("Tokens revoked")
    expect(page.locator("tbody")).to_contain_text("Secret deleted")


def test_a_link_is_withdrawn(page_as: Opener, clients: Clients, watch: Watch) -> None:
    """It is listed without itself, and does not work any more once it is withdrawn; the keyboard goes on there."""
    watch.expected.add("409")
    client_id = clients.registered()
    made = clients.send("POST", f"/clients/{client_id}/handovers").json
    page = page_as("client-manager", f"/console/clients/{client_id}?section=secrets")
    expect(page.locator("tbody tr")).to_contain_text("Bayani Santos")
    assert made["code"] not in page.content()
    page.get_by_role("button", name=re.compile("Withdraw the link")).click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("No link is open.")).to_be_visible()
    expect(page.locator("section:has-text('No link is open.') h2")).to_be_focused()  # the button is gone
    answer = clients.server.send("POST", "/handover", {name: made[name] for name in ("link", "code")})
    assert answer.status == 404, json.dumps(answer.json)
