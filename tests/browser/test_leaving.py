"""What becomes of a change when its page is left or the connection breaks, and of a session that ends elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, Route, expect

from support.console_browser import Visitors, Watch, choose, hold_time, settled, sign_in
from support.console_clients import Clients
from support.console_pages import go

Open = Callable[..., Page]
_EXPIRED = {"errors": [{"code": "err.request.unauthorized", "message": "The token has expired: sign in again."}]}


def test_a_change_is_not_ended_by_going_back(visitors: Visitors, clients: Clients) -> None:
    """Going back while a secret is made leaves the page where it is, and the secret, shown one time, is shown."""
    client_id = clients.registered()
    page = visitors.page_as("client-manager", f"/console/clients/{client_id}")
    page.get_by_role("link", name="Secrets", exact=True).click()
    page.get_by_role("button", name="Give it a secret").click()
    page.get_by_label("It is shown here once").check()

    def go_back_first(route: Route) -> None:
        page.evaluate("history.back()")
        page.wait_for_timeout(300)
        route.continue_()

    page.route(f"**/clients/{client_id}/secrets", go_back_first, times=1)
    page.get_by_role("button", name="Make the secret").click()
    secret = page.get_by_role("dialog").get_by_role("textbox", name="Secret").inner_text()
    assert clients.granted(client_id, secret).status == 200
    assert page.url.endswith(f"/{client_id}?section=secrets")
    page.get_by_role("button", name="I have copied it, close").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("heading", name="What it may see")).to_be_visible()


def test_what_is_not_known_of_a_change_is_said(visitors: Visitors, clients: Clients, watch: Watch) -> None:
    """Offline nothing is sent, and without an answer the outcome is unknown; the form stays in both cases."""
    watch.expected |= {"ERR_FAILED", "ERR_INTERNET_DISCONNECTED", "504"}
    client_id, name = clients.registered(), f"Ministry {uuid4()}"
    page = visitors.page_as("client-manager", f"/console/clients/{client_id}")
    page.get_by_role("button", name="Edit: Identity").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.context.set_offline(True)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("You are offline, so nothing was sent.")
    page.context.set_offline(False)
    page.wait_for_function("navigator.onLine")
    page.wait_for_timeout(500)
    expect(page.get_by_label("Name", exact=True)).to_have_value(name)
    where = f"**/clients/{client_id}"
    page.route(
        where, lambda route: route.fulfill(status=504, json={"message": "Endpoint request timed out"}), times=1
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("status 504. It is not known whether this was done")

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(where, lose_the_answer, times=1)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("did not answer. It is not known whether this was done")
    assert clients.get(f"/clients/{client_id}")["name"] == name
    page.get_by_label("Name", exact=True).fill(f"{name} again")
    page.route(where, lambda _: None, times=1)
    time_is_over = hold_time(page)
    with page.expect_request(where):
        page.get_by_role("button", name="Save").click()
    time_is_over()
    expect(page.get_by_role("alert")).to_contain_text("did not answer. It is not known whether this was done")
    page.get_by_label("Name", exact=True).fill(name)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.evaluate("history.back()")
    page.wait_for_timeout(500)
    expect(page.get_by_label("Name", exact=True)).to_have_value(name)


def test_signing_out_ends_all_windows(visitors: Visitors) -> None:
    """Another window of the same browser is signed out too, and going back shows nothing of what there was."""
    page = visitors.context().new_page()  # with a session at the provider that no other test has
    sign_in(page, "auditor", "/console/clients")
    other = page.context.new_page()
    other.goto("/console/keys")
    settled(other)
    page.get_by_role("link", name="Keys").click()
    settled(page)
    page.get_by_role("link", name="Administration log").click()
    settled(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(other.get_by_text("You are signed out.")).to_be_visible()
    page.evaluate("history.back()")
    expect(page).to_have_url(re.compile("/console/keys$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    other.reload()
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_nothing_of_an_earlier_person_is_left(visitors: Visitors, watch: Watch) -> None:
    """The next person has neither the refresh token of the one before nor what they entered for a new client."""
    watch.expected |= {"400", "401"}
    page = visitors.page_as("client-manager", "/console/clients/new")
    page.get_by_label("Name", exact=True).fill("Ministry of Health")
    page.get_by_role("link", name="Keys", exact=True).click()
    settled(page)
    context, renewals = page.context, list[str]()

    def reject(route: Route) -> None:
        route.fulfill(status=401, json=_EXPIRED)

    def give_no_refresh_token(route: Route) -> None:
        form = route.request.post_data or ""
        if "grant_type=refresh_token" in form:
            renewals.append(form)
            route.fulfill(status=400, json={"error": "invalid_grant"}, headers={"Access-Control-Allow-Origin": "*"})
            return
        answer = route.fetch()
        tokens = answer.json()
        tokens.pop("refresh_token")
        route.fulfill(response=answer, json=tokens)

    context.route("**/openid/token", give_no_refresh_token)
    context.route("**/clients?*", reject, times=1)
    page.get_by_role("link", name="Clients", exact=True).click()
    with context.expect_page() as opened:
        page.get_by_role("dialog").get_by_role("button", name="Sign in again").click()
    choose(opened.value, "manager-approver")
    expect(page.get_by_text("Signed in as Esi")).to_be_visible()
    settled(page)
    assert len(renewals) == 1
    context.route("**/keys", reject, times=1)
    page.get_by_role("link", name="Keys").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave it").click()
    assert len(renewals) == 1
    page.get_by_role("link", name="Clients", exact=True).click()
    page.get_by_role("link", name="New client").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("")


def test_going_back_dismisses_a_dialog(visitors: Visitors, clients: Clients) -> None:
    """A question does not stay above another page, where its answer would do nothing; the next step back leaves."""
    client_id = clients.registered()
    page = visitors.page_as("client-manager", "/console/keys")
    go(page, f"/console/clients/{client_id}")
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.url.endswith(f"/console/clients/{client_id}")
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_text("The client is disabled")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Signing keys")


def test_going_back_leads_out_of_the_console(visitors: Visitors) -> None:
    """Being signed in without a page adds nothing to the browser's history."""
    page = visitors.page_as("auditor")
    page.goto("/handover")
    page.goto("/console/keys")
    settled(page)
    page.reload()
    settled(page)
    page.go_back()
    expect(page).to_have_url(re.compile("/handover$"))


def test_what_was_typed_last_does_not_change_the_next_address(visitors: Visitors) -> None:
    """A page that is left while its search waits for the next key keeps the address of the page after it."""
    page = visitors.page_as("auditor", "/console/clients")
    page.get_by_label("Search by name").fill("Min")
    page.get_by_role("link", name="Keys").click()
    settled(page)
    page.wait_for_timeout(400)
    assert page.url.endswith("/console/keys")


def test_what_is_confirmed_while_a_page_is_read_again_is_done(visitors: Visitors, clients: Clients) -> None:
    """The second secret is deleted too, whose question was opened before the page without the first one was there."""
    client_id = clients.registered()
    clients.secret(client_id)
    clients.secret(client_id)
    page = visitors.page_as("client-manager", f"/console/clients/{client_id}?section=secrets")
    rows, delete = page.locator("tbody tr"), page.get_by_role("dialog").get_by_role("button", name="Delete")
    held: list[Route] = []
    rows.first.get_by_role("button").click()
    page.route(f"**/clients/{client_id}/usage", lambda route: held.append(route), times=1)  # noqa: PLW0108
    with page.expect_request(f"**/clients/{client_id}/usage"):
        delete.click()
    rows.last.get_by_role("button").click()
    held[0].continue_()
    expect(rows).to_have_count(1)
    delete.click()
    expect(rows).to_have_count(0)
    assert clients.get(f"/clients/{client_id}/secrets")["secrets"] == []


def test_what_is_confirmed_after_its_page_was_left_is_not_done(visitors: Visitors, clients: Clients) -> None:
    """Where another page was on its way when the question was opened, nothing is sent, and that is said."""
    client_id = clients.registered()
    page = visitors.page_as("client-manager", f"/console/clients/{client_id}")
    held: list[Route] = []
    page.route("**/keys", lambda route: held.append(route), times=1)  # noqa: PLW0108
    with page.expect_request("**/keys"):
        page.get_by_role("link", name="Keys", exact=True).click()
    page.get_by_role("button", name="Disable").click()
    held[0].continue_()
    expect(page.get_by_role("heading", level=1, include_hidden=True)).to_have_text("Signing keys")
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_role("alert")).to_contain_text("The page was left before this was sent, so nothing was done.")
    assert clients.get(f"/clients/{client_id}")["status"] == "enabled"


def test_a_choice_is_shown_as_the_address_has_it(visitors: Visitors) -> None:
    """The way back and forward shows in each field what was chosen then."""
    page = visitors.page_as("auditor", "/console/log")
    page.get_by_label("About").select_option("Clients")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("kind=client$"))
    settled(page)
    page.go_back()
    expect(page.get_by_label("About")).to_have_value("")
    page.go_forward()
    expect(page.get_by_label("About")).to_have_value("client")
