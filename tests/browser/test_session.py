"""A session that ends, an API that does not answer, and addresses of no page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route, expect

from support.console_browser import Visitors, Watch, choose, hold_time, settled

Open = Callable[..., Page]


@contextmanager
def ended_session(page: Page, watch: Watch) -> Iterator[None]:
    """Let the API accept no token, and the provider no refresh token, until the person has signed in again."""
    watch.expected |= {"400", "401"}

    def reject(route: Route) -> None:
        error = {"errors": [{"code": "err.request.unauthorized", "message": "The token has expired: sign in again."}]}
        route.fulfill(status=401, json=error)

    def refuse(route: Route) -> None:
        if "grant_type=refresh_token" in (route.request.post_data or ""):
            route.fulfill(status=400, json={"error": "invalid_grant"}, headers={"Access-Control-Allow-Origin": "*"})
        else:
            page.context.unroute("**/clients*", reject)
            route.continue_()

    page.context.route("**/clients*", reject)
    page.context.route("**/openid/token", refuse)
    yield


def test_nothing_is_lost_when_the_session_ends_in_a_form(probe: Open, watch: Watch) -> None:
    """A dialog asks to sign in again, in a window of its own; then what was entered is sent."""
    page = probe("client-manager")
    page.get_by_label("Name").fill("Ministry of Health")
    page.get_by_label("Notes").fill("kept")
    with ended_session(page, watch):
        page.get_by_role("button", name="Save").click()
        dialog = page.get_by_role("dialog", name="Your session has ended")
        expect(dialog).to_be_visible()
        with page.context.expect_page() as opened:
            dialog.get_by_role("button", name="Sign in again").click()
        choose(opened.value, "client-manager")
        expect(dialog).to_have_count(0)
    expect(page.get_by_role("alert")).to_contain_text("sender_id")  # the API has answered the second attempt
    assert page.get_by_label("Name").input_value() == "Ministry of Health"
    assert page.get_by_label("Notes").input_value() == "kept"
    assert page.evaluate("Object.keys(sessionStorage).length") == 0
    expect(page.context.pages[0].get_by_text("Signed in as Bayani Santos")).to_be_visible()


def test_leaving_the_dialog_keeps_the_form(probe: Open, watch: Watch) -> None:
    """Nothing was sent, the page says so, and the next attempt asks again."""
    page = probe("client-manager")
    page.get_by_label("Name").fill("Ministry of Health")
    with ended_session(page, watch):
        for _ in range(2):
            page.get_by_role("button", name="Save").click()
            page.get_by_role("dialog").get_by_role("button", name="Leave it").click()
            expect(page.get_by_role("alert")).to_contain_text("Your session has ended, so nothing was sent.")
    assert page.get_by_label("Name").input_value() == "Ministry of Health"


def test_another_person_does_not_send_somebodys_form(probe: Open, watch: Watch) -> None:
    """If somebody else signs in, nothing is sent, and the page is loaded anew for them."""
    page = probe("client-manager")
    page.get_by_label("Name").fill("Ministry of Health")
    with ended_session(page, watch):
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        sent: list[str] = []
        page.on("request", lambda request: sent.append(f"{request.method} {urlsplit(request.url).path}"))
        with page.context.expect_page() as opened:
            page.get_by_role("dialog").get_by_role("button", name="Sign in again").click()
        choose(opened.value, "auditor")
        expect(page.get_by_text("Signed in as Amina Diallo")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("")
    assert "GET /clients" in sent
    assert "POST /clients" not in sent


def test_a_token_is_renewed_unseen(probe: Open, watch: Watch) -> None:
    """A token that the API accepts no longer is replaced by the refresh token, and the request is sent again."""
    watch.expected.add("401")
    page = probe("auditor")
    page.context.route("**/clients?*", lambda route: route.fulfill(status=401, json={}), times=1)
    page.get_by_role("link", name="Keys").click()
    expect(page.get_by_role("table", name="Clients").get_by_role("link").first).to_be_visible()
    settled(page)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_api_that_does_not_answer_can_be_tried_again(probe: Open, watch: Watch) -> None:
    """The page says that the API is away, or what it answered, and the button reads it again."""
    watch.expected |= {"503", "ERR_FAILED"}
    page = probe("auditor")
    busy = {"errors": [{"code": "err.service.unavailable", "message": "The registry cannot be reached."}]}
    page.route("**/clients?*", lambda route: route.fulfill(status=503, json=busy, headers={"Retry-After": "5"}))
    page.get_by_role("link", name="Keys").click()
    expect(page.get_by_role("alert")).to_contain_text("The registry cannot be reached.")
    expect(page.get_by_role("alert")).to_contain_text("Try again in 5 seconds.")
    page.unroute("**/clients?*")
    page.route("**/clients?*", lambda route: route.abort())
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("The API does not answer.")
    page.unroute("**/clients?*")
    time_is_over = hold_time(page)
    with page.expect_request("**/clients?*"):
        page.route("**/clients?*", lambda _: None)
        page.get_by_role("button", name="Try again").click()
    time_is_over()
    expect(page.get_by_role("alert")).to_contain_text("The API has not answered within 35 seconds.")
    page.unroute("**/clients?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1, name="Probe")).to_be_visible()


def test_a_page_comes_back_with_the_connection(probe: Open, watch: Watch) -> None:
    """Offline the page says so; it is read again when the connection is back."""
    watch.expected.add("ERR_INTERNET_DISCONNECTED")
    page = probe("auditor")
    page.context.set_offline(True)
    page.get_by_role("link", name="Keys").click()
    expect(page.get_by_role("alert")).to_contain_text("You are offline.")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1, name="Probe")).to_be_visible()


def test_an_address_of_no_page_says_so(visitors: Visitors) -> None:
    """An unknown address, also one that is badly encoded, is answered politely, and leads home."""
    for path in ("/console/no/such/page", "/console/clients/%E0%A4%A", "/console/__proto__"):
        page = visitors.page_as("auditor", path)
        assert page.locator("h1").inner_text() == "Page not found"
        expect(page.get_by_role("link", name="Go to the overview")).to_have_attribute("href", "/console/")


def test_the_pages_follow_the_address(probe: Open) -> None:
    """Links change the page without loading it, with the heading focused; back and forward lead to the same pages."""
    page = probe("auditor")
    page.evaluate("window.same = true")
    page.get_by_role("link", name="Clients", exact=True).click()
    expect(page.locator("h1")).to_have_text("Clients")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Probe")
    expect(page.locator("h1")).to_be_focused()
    assert page.title() == "Probe – DCI console"
    page.go_forward()
    expect(page.locator("h1")).to_have_text("Clients")
    assert page.evaluate("window.same") is True


def test_without_a_provider_the_sign_in_says_so(visitors: Visitors, watch: Watch) -> None:
    """A provider that does not answer, and a console that is not configured, are named where one would sign in."""
    watch.expected |= {"ERR_FAILED", "503"}
    page = visitors.context().new_page()
    page.route("**/openid/.well-known/*", lambda route: route.abort())
    page.goto("/console/clients")
    expect(page.get_by_role("alert")).to_contain_text("The provider at which you sign in does not answer.")
    page.unroute("**/openid/.well-known/*")
    time_is_over = hold_time(page)
    with page.expect_request("**/openid/.well-known/*"):
        page.route("**/openid/.well-known/*", lambda _: None)
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Signing in …")).to_be_visible()
    time_is_over()
    expect(page.get_by_role("alert")).to_contain_text("The provider at which you sign in does not answer.")
    page.unroute("**/openid/.well-known/*")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in as")).to_be_visible()
    page.route("**/console/config.json", lambda route: route.fulfill(json={"client_id": ""}))
    page.goto("/console/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nobody can sign in yet")
    page.unroute("**/console/config.json")
    page.route("**/console/config.json", lambda route: route.fulfill(status=503, body="busy"))
    page.goto("/console/")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_foreign_page_cannot_frame_the_console(visitors: Visitors) -> None:
    """A page of another origin, or of the same one, shows nothing of the console in a frame."""
    framing = f'<iframe src="{visitors.base_url}/console/"></iframe>'
    foreign = visitors.base_url.replace("127.0.0.1", "localhost")
    watch = visitors.watch
    watch.origins.add(foreign)
    context = visitors.context()
    context.route("**/frame", lambda route: route.fulfill(body=framing, content_type="text/html"))
    for origin in (foreign, visitors.base_url):
        page = context.new_page()
        page.goto(f"{origin}/frame")
        assert page.frames[1].url == "chrome-error://chromewebdata/"
    watch.found[:] = [line for line in watch.found if "frame-ancestors" not in line]  # as the browser reports it
