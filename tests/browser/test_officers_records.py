"""Records and logs in the console: a reason first, links from row to row, and who looked at what."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from support.console_browser import PHONE, Visitors, settled
from support.console_pages import go
from support.officers import UIN, Office

Opened = Callable[..., Page]
Accessible = Callable[[Page], None]


def test_a_record_is_seen_with_a_reason(visitors: Visitors) -> None:
    """Without a reason nothing is asked for; it is kept for the household of the person, and for the next member."""
    page = visitors.page_as("data-officer", "/console/records", size=PHONE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Type of identifier").fill("UIN")
    page.get_by_label("Identifier", exact=True).fill(UIN)
    page.get_by_role("button", name="View the record").click()
    expect(page.get_by_text("Enter why you look at the record")).to_be_visible()
    expect(page.get_by_label("Reason")).to_be_focused()
    assert asked == []
    page.get_by_label("Reason").fill("Case 23")
    page.get_by_role("button", name="View the record").click()
    expect(page.get_by_text("Recorded as: Case 23")).to_be_visible()
    expect(page.locator("main")).to_contain_text(UIN)
    page.get_by_role("link", name="Household h0001").click()
    expect(page.get_by_role("heading", name="Members")).to_be_visible()
    page.get_by_role("link", name="Person p0002").click()
    expect(page.get_by_role("heading", name="Person p0002")).to_be_visible()
    expect(page.get_by_text("Recorded as: Case 23")).to_be_visible()

    go(page, "/console/log/looks")
    settled(page)
    row = page.get_by_role("row").filter(has_text="Person p0002").first
    expect(row).to_contain_text("Dawit Bekele")
    expect(row).to_contain_text("Case 23")
    page.get_by_label("Who, by a part").fill("nobody")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("No operator has looked at anything of this")).to_be_visible()
    page.get_by_label("Who, by a part").fill("dawit")
    page.get_by_label("Where").select_option("records/person")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(row).to_contain_text("Case 23")


def test_several_owners_of_a_phone_number_are_a_choice(office: Office, page_as: Opened) -> None:
    """Where a phone number is shared, the record is chosen; the history is that of all until one is chosen."""
    for number in (1, 2):
        office.put({"person": {"id": f"x-shared-{number}", "phone_numbers": ["+999170555666"]}})
    page = page_as("data-officer", "/console/records")
    page.get_by_label("Find by").select_option("phone")
    page.get_by_label("Phone number").last.fill("+999170555666")
    page.get_by_label("Reason").fill("Case 24")
    page.get_by_role("button", name="View the record").click()
    expect(page.get_by_text("2 records have this: choose one")).to_be_visible()
    page.get_by_role("link", name="Person x-shared-2").click()
    expect(page.get_by_role("heading", name="Person x-shared-2")).to_be_visible()
    go(page, "/console/audit")
    settled(page)
    page.get_by_label("Find by").select_option("phone")
    page.get_by_label("Phone number").last.fill("+999170555666")
    page.get_by_role("button", name="Show who saw it").click()
    expect(page.get_by_text("This belongs to 2 records.")).to_be_visible()


def test_the_log_says_who_changed_what(office: Office, page_as: Opened, accessible: Accessible) -> None:
    """Entries have the change, its authors, and links to client and approval; filters are by act, author, client."""
    client_id = office.register("Logged Agency")
    manager = page_as("manager-approver", "/console/log")
    expect(manager.get_by_role("navigation", name="Parts of this page")).to_have_count(0)
    approval = office.ask(client_id, "esi", disclosure=["full"])
    page = page_as("approver", f"/console/approvals/{approval}")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_text("This is decided")).to_be_visible()
    page.get_by_role("link", name="Administration log").click()
    settled(page)
    page.get_by_label("Act").select_option("updated")
    page.get_by_label("By, or approved by").fill("carmen")
    page.get_by_label("Client, by its name").fill("logged agency")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(f"/console/log?act=updated&client_id={client_id}")
    expect(page.get_by_label("Client, by its name")).to_have_value("Logged Agency")
    row = page.get_by_role("row").filter(has_text="Logged Agency")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Esi Mensah")
    expect(row).to_contain_text("approved by Carmen Ortega")
    row.locator("summary").click()
    expect(row.locator("del")).to_have_text("Minimal")
    expect(row.locator("ins")).to_have_text("Full")
    accessible(page)
    page.get_by_label("By, or approved by").fill("nobody")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("There is no such entry.")).to_be_visible()
    page.get_by_label("Client, by its name").fill("no such agency")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("No client has this name.")).to_be_visible()
    page.get_by_label("Client, by its name").fill("Logged Agency")
    page.get_by_label("By, or approved by").fill("")
    page.get_by_role("button", name="Show", exact=True).click()
    row.get_by_role("link", name="Approval").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Logged Agency")
