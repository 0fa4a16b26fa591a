"""Signing in to the console, and what the browser keeps of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from support.console_browser import PERSON, Visitors, choose, settled, sign_in, too_wide

MENUS = {
    "auditor": ["Overview", "Clients", "Approvals", "Who saw whom", "Administration log", "Keys"],
    "client-manager": ["Overview", "Clients", "Approvals", "Administration log", "Keys"],
    "approver": ["Overview", "Clients", "Approvals", "Administration log", "Keys"],
    "data-officer": ["Overview", "Clients", "Approvals", "Who saw whom", "Records", "Administration log", "Keys"],
    "manager-approver": ["Overview", "Clients", "Approvals", "Administration log", "Keys"],
}


def heading(page: Page) -> str:
    """Return the text of the page's heading."""
    return page.locator("h1").inner_text()


def no_window_takes_it(page: Page) -> None:
    """Let the time be over in which another window of the console could take the answer in the address."""
    expect(page).to_have_url("/console/")
    page.clock.fast_forward(5_000)


def test_a_person_signs_in_and_out(visitors: Visitors) -> None:
    """The button leads to the provider, and back to the page of the link; after signing out nobody is signed in."""
    page = visitors.context().new_page()
    page.goto("/console/clients?status=enabled")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_role("button", name="Sign in").click()
    choose(page, "auditor")
    settled(page)
    assert page.url.endswith("/console/clients?status=enabled")
    assert heading(page) == "Clients"
    expect(page.get_by_text("Signed in as Amina Diallo")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Sign in"))
    assert page.get_by_text("Demo partner").count() == 0


def test_a_reload_signs_in_again_without_a_page(visitors: Visitors) -> None:
    """The provider's session is enough: after a reload, and in another tab, nobody has to choose again."""
    page = visitors.page_as("data-officer", "/console/clients")
    page.reload()
    settled(page)
    assert (heading(page), urlsplit(page.url).path) == ("Clients", "/console/clients")
    other = page.context.new_page()
    other.goto("/console/clients")
    settled(other)
    expect(other.get_by_text("Signed in as Dawit Bekele")).to_be_visible()


@pytest.mark.parametrize("role", PERSON)
def test_the_menu_is_the_roles(role: str, page_as: Callable[..., Page]) -> None:
    """Each role is shown the pages that it may use, and the API decides about what is behind them."""
    page = page_as(role, "/console/clients")
    assert page.get_by_role("navigation").get_by_role("listitem").all_inner_texts() == MENUS[role]
    expect(page.get_by_role("link", name="Clients", exact=True)).to_have_attribute("aria-current", "page")


def test_a_page_for_another_role_says_so(visitors: Visitors) -> None:
    """Opened by its address, the page names the roles that it is for, and asks the API for nothing."""
    page = visitors.page_as("client-manager", "/console/clients")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.goto("/console/audit")
    settled(page)
    assert heading(page) == "Not for your role"
    expect(
        page.get_by_text("This page is for the roles auditor and data officer. You are client manager.")
    ).to_be_visible()
    assert not [path for path in asked if path.startswith("/audit")]


def test_no_token_is_where_others_can_read_it(visitors: Visitors) -> None:
    """Tokens are in no address, no storage, no cookie and no referrer, and what the sign-in left there is gone."""
    page = visitors.context().new_page()
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))  # noqa: PLW0108 - no builtin may be given
    sign_in(page, "auditor", "/console/clients")
    tokens = {
        request.headers["authorization"].removeprefix("Bearer ")
        for request in requests
        if "authorization" in request.headers
    }
    assert tokens
    for request in requests:
        assert not request.header_value("referer")
        assert not [token for token in tokens if token in request.url]
        assert not re.search(r"[?&](access_token|id_token|id_token_hint|refresh_token)=", request.url)
    kept = page.evaluate(
        "JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie, location.href, document.referrer])"
    )
    assert kept == f'[{{}},{{}},"","{page.url}",""]'
    codes = [parse_qs(urlsplit(request.url).query) for request in requests if "code=" in request.url]
    assert codes
    assert all("code" not in one or one["state"] for one in codes)


def test_a_forged_answer_is_rejected(visitors: Visitors) -> None:
    """An answer that this window did not ask for signs nobody in, and its error is shown as text alone."""
    page = visitors.context().new_page()
    page.clock.install()
    page.goto("/console/?code=stolen&state=forged")
    no_window_takes_it(page)
    expect(page.get_by_role("alert")).to_contain_text("does not belong to a sign-in of this window")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_providers_error_is_text(visitors: Visitors) -> None:
    """What the provider says is shown, whatever markup is in it."""
    page = visitors.context().new_page()
    page.goto("/console/")
    said = "<img src=x onerror=alert(1)><script>alert(2)</script> no access"

    def refuse(route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        answer = {"error": "access_denied", "error_description": said, "state": query["state"][0]}
        issuer = f"{visitors.base_url}/openid"
        location = f"{query['redirect_uri'][0]}?{urlencode({**answer, 'iss': issuer})}"
        route.fulfill(status=303, headers={"Location": location})

    page.route("**/openid/authorize?*", refuse)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text(said)
    assert page.locator("main img, main script").count() == 0


@pytest.mark.parametrize(
    ("member", "value"), [("state", "another"), ("iss", "https://elsewhere.example"), ("nonce", "another")]
)
def test_an_answer_of_another_sign_in_is_rejected(visitors: Visitors, member: str, value: str) -> None:
    """The state, the issuer and the nonce must be those of this sign-in: otherwise nobody is signed in."""
    page = visitors.context().new_page()
    page.clock.install()
    page.goto("/console/clients")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()

    def ask_otherwise(route: Route) -> None:
        url = re.sub("nonce=[^&]*", f"nonce={value}", route.request.url)
        route.fulfill(response=route.fetch(url=url))

    def answer_otherwise(route: Route) -> None:
        location, _, query = route.fetch(max_redirects=0).headers["location"].partition("?")
        answer = {name: values[0] for name, values in parse_qs(query).items()} | {member: value}
        route.fulfill(status=303, headers={"Location": f"{location}?{urlencode(answer)}"})

    if member == "nonce":
        page.route("**/openid/authorize?*", ask_otherwise)
    else:
        page.route("**/openid/authorize", answer_otherwise)
    page.get_by_role("button", name="Sign in").click()
    choose(page, "auditor")
    if member == "state":
        no_window_takes_it(page)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_console_works_at_another_origin_than_the_providers(visitors: Visitors) -> None:
    """With the provider elsewhere, as in a deployment, the policy of the page and the provider allow the sign-in."""
    origin = visitors.base_url.replace("127.0.0.1", "localhost")
    visitors.watch.origins.add(origin)
    page = visitors.context().new_page()
    sign_in(page, "auditor", f"{origin}/console/clients")
    assert (heading(page), page.url) == ("Clients", f"{origin}/console/clients")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 503, "body": "<html>", "content_type": "text/html"}, "does not answer. Try again shortly."),
        ({"status": 200, "body": "<html>", "content_type": "text/html"}, "answer is not valid"),
    ],
)
def test_a_provider_that_fails_is_said(visitors: Visitors, answer: dict[str, Any], said: str) -> None:
    """Whether it does not work at the moment, or is set up otherwise, is said in different words."""
    visitors.watch.expected.add("503")
    page = visitors.context().new_page()
    page.goto("/console/")
    page.route("**/openid/token", lambda route: route.fulfill(**answer))
    page.get_by_role("button", name="Sign in").click()
    choose(page, "auditor")
    expect(page.get_by_role("alert")).to_contain_text(said)
    page.route("**/.well-known/openid-configuration", lambda route: route.fulfill(**answer))
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text(said)


def test_a_long_name_does_not_widen_the_page(visitors: Visitors) -> None:
    """A name is whatever the provider says; what does not fit is cut."""
    page = visitors.page_as("data-officer", "/console/clients")
    page.evaluate("document.querySelector('.person span').textContent = 'x'.repeat(4000)")
    page.set_viewport_size({"width": 390, "height": 512})
    page.get_by_role("button", name="Menu").click()
    assert too_wide(page) == []
