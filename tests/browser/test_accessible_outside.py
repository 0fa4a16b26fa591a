"""The pages that nobody is signed in at: signing in, handing over, no provider. WCAG 2.2 AA by axe."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from dci_console.pages import unconfigured_page
from support.console_browser import LOOKS, Visitors, Watch, look, settled, too_wide, violations
from support.console_clients import Clients
from support.console_pages import API, MANAGER, complete, go
from support.console_scene import LONG

Open = Callable[..., Page]


def found_on(page: Page) -> dict[str, list[str]]:
    """Return what axe finds on a page in each of the looks, if anything; nothing can be scrolled to the side."""
    found = {}
    assert too_wide(page) == []
    for name in LOOKS:
        look(page, name)
        found[name] = violations(page)
    return {name: each for name, each in found.items() if each}


@pytest.fixture
def page(visitors: Visitors) -> Page:
    """Return a page of nobody."""
    visitors.watch.expected |= {"400", "403", "404", "503", "ERR_FAILED"}
    return visitors.context().new_page()


def configured(page: Page, **changes: str) -> None:
    """Open the console with another configuration."""

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json=response.json() | changes)

    page.route("**/console/config.json", answer)
    page.goto("/console/")


def test_signing_in_and_out_is_accessible(page: Page) -> None:
    """The page with the button, the provider's with the people, and the page after signing out."""
    page.goto("/console/keys")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    found = {"to sign in": found_on(page)}
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in as")
    found["provider"] = found_on(page)
    look(page, "desktop")
    page.get_by_role("button", name="Amina Diallo").click()
    settled(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    found["signed out"] = found_on(page)
    page.route("**/openid/.well-known/*", lambda route: route.abort())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    found["provider away"] = found_on(page)
    page.goto("/openid/authorize")
    found["provider's error"] = found_on(page)
    assert {state: each for state, each in found.items() if each} == {}


def test_a_console_that_cannot_be_used_is_accessible(page: Page) -> None:
    """Without a provider, without a configuration, without an answer, and in a window that has done its work."""
    found = {}
    answer = unconfigured_page()
    page.route("**/console/", lambda route: route.fulfill(body=answer.body, headers=dict(answer.headers)))
    page.goto("/console/")
    expect(page.get_by_role("heading", level=1)).to_have_text("The console is off")
    found["no provider"] = found_on(page)
    page.unroute("**/console/")
    configured(page, client_id="")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nobody can sign in yet")
    found["not configured"] = found_on(page)
    page.unroute_all(behavior="wait")
    page.route("**/console/config.json", lambda route: route.abort())
    page.goto("/console/")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    found["away"] = found_on(page)
    assert {state: each for state, each in found.items() if each} == {}


def test_a_page_without_content_is_accessible(visitors: Visitors) -> None:
    """For somebody without a role, at an address of no page, and while the first page is loaded."""
    found = {}
    page = visitors.page_as(MANAGER, "/console/no/such/page")
    found["no such page"] = found_on(page)
    page.route(API, lambda _: None)
    page.goto("/console/clients")
    expect(page.locator("main")).to_have_attribute("aria-busy", "true")
    found["loading"] = found_on(page)
    page.unroute_all()
    page.route("**/console/config.json", lambda _: None)
    page.goto("/console/clients")
    found["starting"] = found_on(page)
    page.goto("about:blank")  # which ends the request that was held back: its answer would begin a sign-in
    page.unroute_all()
    configured(page, groups_claim="none")
    expect(page.get_by_role("heading", level=1)).to_have_text("You have no role here")
    found["no role"] = found_on(page)
    assert {state: each for state, each in found.items() if each} == {}


def test_the_end_of_a_session_is_accessible(visitors: Visitors, watch: Watch) -> None:
    """The dialog that asks to sign in again, and the page when it is left."""
    watch.expected |= {"400", "401"}
    page = visitors.page_as(MANAGER, "/console/keys")
    error = {"errors": [{"code": "err.request.unauthorized", "message": "The token has expired: sign in again."}]}
    page.route(API, lambda route: route.fulfill(status=401, json=error))
    page.route("**/openid/token", lambda route: route.fulfill(status=400, json={"error": "invalid_grant"}))
    go(page, "/console/clients")
    expect(page.get_by_role("dialog", name="Your session has ended")).to_be_visible()
    assert found_on(page) == {}
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    complete(page)
    assert found_on(page) == {}


def test_handing_over_is_accessible(page: Page, clients: Clients) -> None:
    """The form for the code, a wrong code, the secret, and a link that has ended."""
    client_id = clients.registered(name=f"{LONG} handed over")
    made = clients.send("POST", f"/clients/{client_id}/handovers").json
    found = {}
    page.goto(made["link"])
    found["form"] = found_on(page)
    for code, shown in (("AAAA-AAAA", "code"), (made["code"], "Copy the secret now."), (made["code"], "link")):
        page.goto("/handover")
        page.goto(made["link"])
        page.get_by_label("The code").fill(code)
        page.get_by_role("button", name="Show the secret").click()
        expect(page.get_by_role("alert")).to_contain_text(shown)
        found[shown] = found_on(page)
        copy = page.get_by_role("button", name="Copy the secret")
        if copy.count():
            secret = page.locator("dt", has_text="Client secret").locator("+ dd").inner_text()
            page.context.grant_permissions(["clipboard-read", "clipboard-write"])
            copy.click()
            expect(page.get_by_role("status")).to_have_text("Copied.")
            assert page.evaluate("navigator.clipboard.readText()") == secret
    assert {state: each for state, each in found.items() if each} == {}
