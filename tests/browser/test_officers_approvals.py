"""Approvals in the console: what waits, before and after, and what becomes of it in a second session."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from support.console_browser import PHONE, Watch
from support.officers import Office

Opened = Callable[..., Page]
Accessible = Callable[[Page], None]


def decide(page: Page, name: str) -> None:
    """Press a button of an approval, and confirm it."""
    page.get_by_role("button", name=name).click()
    page.get_by_role("dialog").get_by_role("button", name=name).click()


def test_a_change_is_approved_in_a_second_session(office: Office, page_as: Opened, accessible: Accessible) -> None:
    """The person who asked sees why they cannot approve; an approver sees the differences, and makes the change."""
    client_id = office.register(records_a_day=10_000)
    approval = office.ask(client_id, "esi", disclosure=["full"], records_a_day=0)
    asking = page_as("manager-approver", f"/console/approvals/{approval}")
    expect(asking.get_by_text("You asked for this, so another person")).to_be_visible()
    expect(asking.get_by_role("button", name="Approve")).to_have_count(0)
    expect(asking.get_by_role("button", name="Withdraw")).to_be_visible()
    accessible(asking)

    page = page_as("approver", "/console/approvals")
    row = page.get_by_role("row").filter(has_text=office.name_of(client_id))
    expect(row).to_contain_text("Esi Mensah")
    row.get_by_role("link").first.click()
    differing = page.locator("tr.differs")
    expect(differing).to_have_count(2)
    expect(differing.locator("del")).to_have_text(["Minimal", "10,000"])
    expect(differing.locator("ins")).to_have_text(["Full", "no limit"])
    expect(differing.get_by_text("widens access")).to_have_count(2)
    page.get_by_label("Show only what differs").uncheck()
    expect(page.get_by_role("rowheader", name="Sender id")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_contain_text("Approved. The change is made.")
    expect(page.get_by_text("This is decided")).to_be_visible()
    now = office.manager.get(f"/clients/{client_id}")
    assert (now["disclosure"], now["records_a_day"]) == (["full"], 0)
    asking.reload()
    expect(asking.get_by_text("Carmen Ortega")).to_be_visible()


def test_what_is_not_set_is_no_difference(office: Office, page_as: Opened) -> None:
    """The first callbacks of a client show what is set, and none of the members that stay empty."""
    client_id = office.register()
    approval = office.ask(client_id, "bayani", callbacks={"urls": ["https://partner.example.org/dci"]})
    page = page_as("approver", f"/console/approvals/{approval}")
    expect(page.get_by_role("rowheader", name="Callback addresses")).to_be_visible()
    for unset in ("Token address for callbacks", "Authentication of callbacks"):
        expect(page.get_by_role("rowheader", name=unset)).to_have_count(0)
    expect(page.get_by_role("row", name="Largest callback")).to_contain_text("900,000")


def test_approvals_that_are_off_are_said(page_as: Opened) -> None:
    """Where nothing ever waits, the empty page says so, and how approvals are turned on."""
    page = page_as("approver", "/console/approvals?status=expired")
    off = page.get_by_text("Approvals are off in this deployment")
    expect(off).to_have_count(0)
    page.route(
        re.compile(r"/approvals\?"),
        lambda route: route.fulfill(
            content_type="application/json", body=json.dumps({"approvals": [], "mode": "off"})
        ),
    )
    page.get_by_label("Status").select_option("waiting")
    expect(off).to_contain_text("the parameter Approvals")


def test_a_late_decision_shows_the_earlier_one(office: Office, page_as: Opened, watch: Watch) -> None:
    """A decision of what somebody else decided changes nothing: the page names them, and shows how it is now."""
    watch.expected.add("409")
    client_id = office.register()
    approval = office.ask(client_id, disclosure=["full"])
    late = page_as("approver", f"/console/approvals/{approval}", size=PHONE)
    quick = page_as("manager-approver", f"/console/approvals/{approval}")
    decide(quick, "Reject")
    expect(quick.get_by_role("status")).to_contain_text("Rejected.")
    decide(late, "Approve")
    expect(late.get_by_role("alert")).to_contain_text("Esi Mensah was quicker: this is rejected meanwhile.")
    expect(late.get_by_role("button", name="Approve")).to_have_count(0)
    asking = page_as("client-manager", "/console/approvals?status=rejected")
    expect(asking.get_by_role("link", name=f"New settings: {office.name_of(client_id)}")).to_be_visible()


def test_a_decision_whose_answer_was_lost_can_be_repeated(office: Office, page_as: Opened, watch: Watch) -> None:
    """Nobody was quicker than oneself: the same decision again is done, and is made once."""
    watch.expected |= {"409", "ERR_FAILED"}
    page = page_as("approver", f"/console/approvals/{office.ask(office.register(), disclosure=['full'])}")

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/approve", lose_the_answer, times=1)
    decide(page, "Approve")
    expect(page.get_by_role("alert")).to_contain_text("It is not known whether this was done")
    decide(page, "Approve")
    expect(page.get_by_role("status")).to_contain_text("Approved. The change is made.")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_change_that_does_not_fit_any_more_says_why(office: Office, page_as: Opened, watch: Watch) -> None:
    """When the client was changed since, the API's sentence is above the page, and nothing was approved."""
    watch.expected.add("409")
    client_id = office.register()
    approval = office.ask(client_id, disclosure=["full"])
    page = page_as("approver", f"/console/approvals/{approval}")
    office.manager.send("POST", f"/clients/{client_id}/disable")
    decide(page, "Approve")
    expect(page.get_by_role("alert")).to_contain_text("The client was changed since this was asked for")
    expect(page.get_by_role("button", name="Approve")).to_be_enabled()


def test_the_requester_withdraws(office: Office, page_as: Opened) -> None:
    """A manager withdraws what they asked for, by the keyboard; it is no longer among what waits."""
    client_id = office.register()
    approval = office.ask(client_id, disclosure=["full"])
    page = page_as("client-manager", f"/console/approvals/{approval}", size=PHONE)
    expect(page.get_by_role("button", name="Reject")).to_have_count(0)
    page.get_by_role("button", name="Withdraw").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Withdrawn.")
    expect(page.get_by_role("heading").and_(page.locator(":focus"))).to_be_visible()
    page.get_by_role("link", name="Approvals").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Approvals")
    expect(page.get_by_text(office.name_of(client_id))).to_have_count(0)
    page.get_by_label("Status").select_option("withdrawn")
    expect(page.get_by_text(office.name_of(client_id)).first).to_be_visible()
    assert page.url.endswith("/console/approvals?status=withdrawn")


def test_others_see_who_decides(office: Office, page_as: Opened) -> None:
    """Auditors and data officers see what waits, and who may decide it."""
    client_id = office.register()
    approval = office.ask(client_id, disclosure=["full"])
    for role in ("auditor", "data-officer"):
        page = page_as(role, f"/console/approvals/{approval}")
        expect(page.get_by_text("People with the role approver approve or reject this.")).to_be_visible()
        assert page.locator("main").get_by_role("button").all_inner_texts() == []
