"""What clients received in the console: unusual volume, the days of a client, what was withheld, and paging."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Route, expect

from support.console_browser import PHONE, Visitors, Watch, settled
from support.officers import Office

Opened = Callable[..., Page]
Accessible = Callable[[Page], None]


def day(ago: int) -> str:
    """Return the day in UTC, so many days before today."""
    return str((datetime.now(UTC) - timedelta(days=ago)).date())


def test_unusual_volume_leads_to_what_the_client_saw(office: Office, page_as: Opened, accessible: Accessible) -> None:
    """A client that received many more records than usual is marked, and has its days in a chart and a table."""
    client_id = office.register("Zealous Agency")
    for ago in range(1, 6):
        office.received(client_id, day(ago), 40)
    office.received(client_id, day(0), 900)
    office.audited(3, "PERSON#p0003", client_id=client_id)
    page = page_as("auditor", "/console/audit/clients")
    first = page.get_by_role("row").nth(1)
    expect(first).to_contain_text("Zealous Agency")
    expect(first).to_contain_text("unusual: 22.5 times the usual")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert "Zealous Agency" in download.value.path().read_text("utf-8-sig")
    page.get_by_label("Only unusual volume").check()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_label("Day (UTC)").select_option(day(1))
    expect(page.get_by_text("No unusual volume was found.")).to_be_visible()
    page.get_by_label("Name of a client").fill("zeal")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Zealous Agency").click()
    expect(page.locator(".plot canvas")).to_be_visible()
    expect(page.get_by_text(f"{day(0)}: 900 records, usually 40")).to_be_visible()
    page.get_by_text("The numbers as a table").click()
    expect(page.get_by_role("row", name=f"{day(1)} 40")).to_be_visible()
    accessible(page)
    expect(page.get_by_role("link", name="Person p0003")).to_be_visible()
    assert client_id in page.url


def test_unusual_volume_is_shown_while_it_is_looked_for(page_as: Opened, watch: Watch) -> None:
    """Among thousands of clients the page reads on by itself; after an error, and after so many, by its button."""
    watch.expected.add("503")
    page = page_as("auditor", "/console/audit/clients")
    row = {"client_id": "one", "client": "Zealous Agency", "status": "enabled", "records": 900, "usual": 40}
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        found = [{**row, "unusual": True}] if len(asked) == 2 else []
        if len(asked) != 4:
            route.fulfill(json={"usage": found, "looked_at": 1000, "next": "more"})

    page.route("**/usage?*", answer)
    page.get_by_label("Only unusual volume").check()
    expect(page.get_by_text("3,000 clients looked at. There are more")).to_be_visible()
    expect(page.get_by_text("22.5 times the usual")).to_be_visible()
    asked[3].fulfill(status=503, json={"errors": [{"message": "Try again shortly."}]})
    expect(page.locator("#toasts")).to_contain_text("Try again shortly.")
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_text("53,000 clients looked at. There are more")).to_be_visible()
    expect(page.get_by_role("button", name="Show more")).to_be_enabled()


def test_a_week_is_one_look_with_the_worst_first(office: Office, visitors: Visitors) -> None:
    """The last seven days have one row for each client: unusual volume first, then who received most."""
    daily = {"Aerial Agency": 30, "Busiest Agency": 80, "Zigzag Agency": 40}
    for name, records in daily.items():
        client_id = office.register(name)
        for ago in range(1, 9):
            office.received(client_id, day(ago), records)
    office.received(office.clients["Zigzag Agency"], day(2), 300)
    page = visitors.page_as("auditor", "/console/audit/clients")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/usage?" in request.url else None)
    page.get_by_label("Day (UTC)").select_option("The last 7 days")
    expect(page.get_by_role("heading", name="Records in the last 7 days")).to_be_visible()
    assert len(asked) == 1
    names = [name for name in page.locator("tbody td:first-child").all_inner_texts() if name in daily]
    assert names == ["Zigzag Agency", "Busiest Agency", "Aerial Agency"]
    row = page.get_by_role("row").filter(has_text="Zigzag Agency")
    expect(row).to_contain_text("500")
    expect(row).to_contain_text(f"{day(2)}: 300 records, usually 40")
    page.get_by_label("Only unusual volume").check()
    expect(page.get_by_role("row").filter(has_text="Zigzag Agency")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Busiest Agency")).to_have_count(0)


def test_what_was_withheld_or_rejected_is_there_as_well(office: Office, page_as: Opened) -> None:
    """The searches of a client have those of which nothing was sent, and say so."""
    client_id = office.register("Withheld Agency")
    office.audited(3, "PERSON#p0003", client_id=client_id)
    office.audited(4, "PERSON#p0004", client_id=client_id, is_withheld=True)
    office.audited(5, client_id=client_id, rejected={"S": "rjct.search.too_many_records_found"})
    page = page_as("data-officer", f"/console/audit/clients/{client_id}", size=PHONE)
    expect(page.locator(".entry.disclosure")).to_contain_text("Person p0003")
    expect(page.locator(".entry.withheld")).to_contain_text("Nothing was sent")
    expect(page.locator(".entry.rejected")).to_contain_text("The search was rejected")
    expect(page.get_by_text("Person p0004")).to_have_count(0)


def test_long_histories_are_read_by_pages(
    office: Office, page_as: Opened, watch: Watch, accessible: Accessible
) -> None:
    """A period has its newest entries first, and the others follow one page at a time; a bad period is explained."""
    watch.expected.add("400")
    client_id = office.register("Busy Agency")
    for number in range(70):
        office.audited(number, "PERSON#p0009", client_id=client_id)
    page = page_as("auditor", f"/console/audit/clients/{client_id}")
    shown = page.locator(".entry")
    before = shown.count()
    assert 25 <= before < 70
    while page.get_by_role("button", name="Show more").count():
        page.get_by_role("button", name="Show more").click()
        expect(page.get_by_role("button", name="Loading …")).to_have_count(0)
    expect(shown).to_have_count(70)
    page.get_by_label("From (UTC)").fill(day(0))
    page.get_by_label("Until (UTC)").fill(day(9))
    with page.expect_response("**/audit?*") as answer:
        page.get_by_role("button", name="Show this period").click()
    assert answer.value.status == 400
    settled(page)
    expect(page.get_by_text("since must not be after until")).to_be_visible()
    accessible(page)


def test_a_file_and_a_list_are_not_read_at_the_same_time(page_as: Opened) -> None:
    """While a file is made, the list shows no more: each would ask for the same page, and have its rows twice."""
    page = page_as("auditor", "/console/keys")
    held: list[Route] = []
    row = {"at": "2026-01-01T00:00:00Z", "kind": "keys", "id": "tokens", "act": "rotated", "by": "operator"}

    def answer(route: Route) -> None:
        if "next=" in route.request.url:
            held.append(route)
        else:
            route.fulfill(json={"entries": [row] * 60, "next": "second"})

    page.route("**/administration-log?*", answer)
    page.get_by_role("link", name="Administration log").click()
    settled(page)
    more = page.locator(".more button")
    expect(more).to_be_enabled()
    with page.expect_request("**/administration-log?*next=second"):
        page.get_by_role("button", name="Download as CSV").click()
    expect(more).to_be_disabled()
    with page.expect_download():
        held[0].fulfill(json={"entries": [row]})
    expect(page.locator("tbody tr")).to_have_count(61)


def test_an_earlier_search_does_not_replace_a_later_one(page_as: Opened) -> None:
    """Answers may come in another order than they were asked for: shown is what was asked for last."""
    page = page_as("auditor", "/console/audit/clients")
    held: list[Route] = []

    def answer(route: Route) -> None:
        if "name_begins=old" in route.request.url:
            held.append(route)
        else:
            route.fulfill(json={"clients": [{"client_id": "new", "name": "The new one"}]})

    page.route("**/clients?*", answer)
    for name in ("old", "new"):
        page.get_by_label("Name of a client").fill(name)
        with page.expect_request("**/clients?*"):
            page.get_by_role("button", name="Find").click()
    found = page.locator("form.find [role=status]")
    expect(found).to_have_text("The new one")
    with page.expect_response("**/clients?*"):
        held[0].fulfill(json={"clients": [{"client_id": "old", "name": "The old one"}]})
    page.get_by_label("Name of a client").fill("")
    expect(found).to_have_text("The new one")
