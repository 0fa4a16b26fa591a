"""The officers' pages for each role: what is shown, what is for others, and an API that fails."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from support.console_browser import PERSON, PHONE, Watch, settled
from support.officers import Office

Opened = Callable[..., Page]
Accessible = Callable[[Page], None]
FOR_ALL = {"/console/": "Overview", "/console/approvals": "Approvals", "/console/log": "Administration log"}
OF_AUDITORS = {
    "/console/audit": "Who saw whom",
    "/console/audit/clients": "By client",
    "/console/audit/clients/00000000-0000-4000-8000-000000000000": "What 00000000-0000-4000-8000-000000000000 saw",
    "/console/audit/statement": "Statement",
    "/console/log/looks": "Looks of operators",
}
AUDITORS = {"auditor", "data-officer"}


@pytest.mark.parametrize("role", PERSON)
def test_each_role_opens_what_it_may(role: str, page_as: Opened, watch: Watch) -> None:
    """A page that is for others says so, and asks the API for nothing; all others are there, on a phone too."""
    watch.expected.add("404")  # of the client that there never was
    page = page_as(role, "/console/", size=PHONE)
    pages = FOR_ALL | (OF_AUDITORS if role in AUDITORS else dict.fromkeys(OF_AUDITORS, "Not for your role"))
    records = {"/console/records": "Records" if role == "data-officer" else "Not for your role"}
    for path, heading in {**pages, **records}.items():
        page.evaluate("path => history.pushState(null, '', path)", path)
        page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_the_overview_says_what_needs_attention(office: Office, page_as: Opened, accessible: Accessible) -> None:
    """What waits, ends soon or is nearly used up is first, and leads to where it is dealt with."""
    client_id = office.register("Attention Agency")
    office.ask(client_id, disclosure=["full"])
    manager = page_as("client-manager", "/console/")

    def with_requests(route: Route) -> None:  # which a local server does not count
        answer = route.fetch()
        counts = {
            "ok": [3, 4, 5],
            "err.request.bad": [0, 2, 0],
            "a": [1, 0, 0],
            "b": [1, 0, 0],
            "c": [1, 0, 0],
            "d": [1, 1, 1],
        }
        outcomes = [{"outcome": name, "total": sum(row), "counts": row} for name, row in counts.items()]
        times = [f"2026-11-30T0{hour}:00:00Z" for hour in (1, 2, 3)]
        requests = {"since": times[0], "until": times[2], "seconds": 3600, "times": times, "outcomes": outcomes}
        end = {"client_id": client_id, "secret_id": "1", "created": times[0], "expires": "2026-12-03T00:00:00Z"}
        ending = [end | {"client": f"{name} Agency", "is_last": name == "Last"} for name in ("Last", "Rotated")]
        secrets = {"count": 2, "more": False, "ending": ending}
        shown = {"requests": requests, "secrets": secrets, "at": times[2]}
        route.fulfill(response=answer, body=json.dumps(answer.json() | shown))

    manager.route("**/overview", with_requests)
    manager.get_by_role("button", name="Read again").click()
    expect(manager.locator(".plot canvas")).to_be_visible()
    manager.get_by_text("The numbers as a table").click()
    expect(manager.get_by_role("columnheader", name="Others")).to_be_visible()
    expect(manager.get_by_role("cell", name="Answered", exact=True)).to_be_visible()
    expect(manager.get_by_role("cell", name="Rejected: not valid")).to_be_visible()
    expect(manager.get_by_text("for a second person.").first).to_be_visible()
    expect(manager.get_by_text("The last secret of Last Agency ends within 30 days.")).to_be_visible()
    expect(manager.get_by_text("Rotated Agency")).to_have_count(1)  # in the list of secrets that end alone
    accessible(manager)
    manager.get_by_role("link", name="Open approvals").click()
    expect(manager.get_by_role("heading", level=1)).to_have_text("Approvals")


def test_the_overview_says_how_old_the_registry_is(page_as: Opened, accessible: Accessible) -> None:
    """A registry that is followed and old needs attention, with the reason; one that was loaded once does not."""
    page = page_as("auditor", "/console/")
    expect(page.get_by_role("heading", name="The followed database")).to_have_count(0)
    reason = "OpenSPP's database stopped answering."
    known = {"follows": "OpenSPP 17 (17.0.1.3)", "as_of": "2026-11-30T01:00:00Z", "outcome": "failed"}
    registry = {**known, "reason": reason, "records_apart": 0, "is_following": True, "is_old": True}

    def with_registry(route: Route) -> None:
        answer = route.fetch()
        shown = {"registry": registry, "at": "2026-11-30T04:10:00Z"}
        route.fulfill(response=answer, body=json.dumps(answer.json() | shown))

    page.route("**/overview", with_registry)
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_text("The registry is 3 hours old.")).to_be_visible()
    expect(page.get_by_role("heading", name="The followed database")).to_be_visible()
    expect(page.get_by_text(reason)).to_be_visible()
    accessible(page)
    registry |= {"outcome": "succeeded", "reason": "", "is_following": False, "is_old": False}
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_text("The registry was loaded once, as of")).to_be_visible()
    expect(page.get_by_text("hours old")).to_have_count(0)


def test_an_api_that_fails_is_said(page_as: Opened, watch: Watch) -> None:
    """An answer of 503 and an API that is away are explained, and can be tried again; nothing else is lost."""
    watch.expected |= {"503", "ERR_FAILED"}
    page = page_as("auditor", "/console/audit", size=PHONE)
    body = {
        "errors": [{"code": "err.service.unavailable", "message": "The look cannot be recorded; try again shortly."}]
    }
    page.route(
        "**/audit?*",
        lambda route: route.fulfill(status=503, content_type="application/json", body=json.dumps(body)),
    )
    page.get_by_label("Type of identifier").fill("UIN")
    page.get_by_label("Identifier", exact=True).fill("847951632")
    page.get_by_role("button", name="Show who saw it").click()
    expect(page.get_by_role("alert")).to_contain_text("The look cannot be recorded")
    page.unroute("**/audit?*")
    page.route("**/audit?*", lambda route: route.abort())
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("The API does not answer")
    page.unroute("**/audit?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="History of the record")).to_be_visible()


def test_the_entry_of_a_page_is_marked_in_forced_colours(page_as: Opened) -> None:
    """Where the system chooses the colours, only the entry of the menu whose page is shown is underlined."""
    page = page_as("auditor", "/console/keys")
    page.emulate_media(forced_colors="active")
    page.get_by_role("link", name="Clients").click()
    settled(page)
    lines = "links => new Set(links.map((link) => getComputedStyle(link).borderBottomColor)).size"
    assert page.locator("nav#menu li a").evaluate_all(lines) == 2
    page.emulate_media(forced_colors="none")
