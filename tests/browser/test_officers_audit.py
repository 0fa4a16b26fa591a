"""The audit in the console: the history of a record, the statement, and what stays out of addresses."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from support.console_browser import PHONE, Visitors, Watch, settled
from support.officers import FORMULA, HOSTILE, UIN, Office, find
from support.server_process import eventually

Opened = Callable[..., Page]
Accessible = Callable[[Page], None]
PERSONAL = (UIN, "p0001", "h0001", "Case 17", "PERSON", "GROUP")
KEPT = """JSON.stringify([
    {...sessionStorage}, {...localStorage}, document.cookie, location.href, document.title, history.state
])"""


@pytest.fixture(scope="session")  # the module may be entered again: workers steal tests from each other
def seen(office: Office) -> Office:
    """Have clients of hostile and of plain names see a demo person, and look at who did."""
    office.register(HOSTILE, disclosure=["full"])
    office.register("Ministry of Health", disclosure=["minimal", "household"])
    purpose = {"text": "School meals", "code": "meals"}
    office.search("Ministry of Health", consent={"id": "1", "ts": "2026-03-01T09:30:00Z", "purpose": purpose})
    office.search(HOSTILE, consent={"id": "1", "ts": "2026-03-01T09:30:00Z", "purpose": {"text": FORMULA}})
    office.search(HOSTILE, authorize={"id": "1", "ts": "2026-03-01T09:30:00Z", "purpose": {"text": HOSTILE}})
    return office


def saved(page: Page, to: Path) -> list[dict[str, str]]:
    """Download the CSV of a page, and return its rows."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert not [text for text in PERSONAL if text in download.value.suggested_filename]
    download.value.save_as(to / "saved.csv")
    return list(csv.DictReader(io.StringIO((to / "saved.csv").read_text("utf-8-sig"), newline="")))


def test_an_officer_answers_who_saw_a_person(
    seen: Office, page_as: Opened, accessible: Accessible, tmp_path: Path
) -> None:
    """Found by an identifier, a record has a timeline with client, purpose and fields, and a CSV without formulas."""
    assert seen
    page = page_as("auditor", "/console/audit")
    page.get_by_role("button", name="Show who saw it").click()
    expect(page.get_by_text("Enter the identifier.")).to_be_visible()
    expect(page.get_by_label("Type of identifier")).to_be_focused()
    accessible(page)
    page.get_by_label("Reason").fill("Case 17")
    find(page)
    entries = page.locator(".entry").filter(has=page.get_by_role("link", name="Ministry of Health"))
    expect(entries.first).to_contain_text("School meals")
    expect(entries.first).to_contain_text("Birth date, Households and roles in them, Identifiers, Name, Sex")
    expect(page.get_by_role("row", name="Ministry of Health")).to_be_visible()
    expect(page.get_by_text("completes the history")).to_have_count(0)  # nothing was recorded before its first day
    page.locator(".more-about summary").first.click()
    accessible(page)
    rows = saved(page, tmp_path)
    assert {row["client"] for row in rows} >= {"Ministry of Health", HOSTILE}
    assert f"'{FORMULA}" in {row["purpose_text"] for row in rows}
    assert [cell for row in rows for cell in row.values() if re.match(r"\s*[=+\-@]", cell)] == []
    expect(page.get_by_role("status")).to_contain_text("saved.")
    page.get_by_label("What clients received").uncheck()
    expect(page.get_by_role("link", name="Ministry of Health")).to_have_count(1)  # in the table above
    page.get_by_label("What clients received").check()
    page.get_by_role("link", name="Household h0001").first.click()
    expect(page.locator(".subjects")).to_contain_text("Household h0001")
    find_again = page.get_by_text("Find another record")
    find_again.click()
    expect(page.get_by_label("Reason")).to_have_value("Case 17")


def test_nothing_personal_is_where_the_browser_keeps_it(seen: Office, visitors: Visitors) -> None:
    """No address, title, history or storage has an id, an identifier or a reason; a reload forgets all of them."""
    assert seen
    page = visitors.page_as("data-officer", "/console/records")
    addresses: list[str] = []
    page.on("framenavigated", lambda frame: addresses.append(frame.url))
    page.get_by_label("Reason").fill("Case 17")
    find(page, button="View the record")
    for name in ("Household h0001", "Who saw this record", "Statement for the citizen"):
        kept = page.evaluate(KEPT)
        assert not [text for text in PERSONAL if text in kept], name
        page.get_by_role("link", name=name).first.click()
        settled(page)
    page.go_back()
    expect(page.get_by_role("heading", name="History of the record")).to_be_visible()
    assert not [text for text in PERSONAL if text in " ".join([*addresses, page.evaluate(KEPT)])]
    assert any("look=" in address for address in addresses)
    page.reload()
    settled(page)
    expect(page.get_by_text("What was looked up here is forgotten")).to_be_visible()


def test_what_is_not_found_is_said_and_can_be_corrected(
    page_as: Opened, watch: Watch, accessible: Accessible
) -> None:
    """An unknown identifier or type keeps the form with what was entered, and says what is wrong."""
    watch.expected |= {"400", "404"}
    page = page_as("auditor", "/console/audit", size=PHONE)
    find(page, "nobody-has-this")
    expect(page.get_by_text("Nobody in the registry has this now")).to_be_visible()
    expect(page.get_by_label("Identifier", exact=True)).to_have_value("nobody-has-this")
    accessible(page)
    find(page, type_="NO-SUCH-TYPE")
    expect(page.get_by_text("The registry has no identifiers of this type.")).to_be_visible()
    page.get_by_label("Find by").select_option("person")
    page.get_by_label("Record id").fill("nobody")
    page.get_by_role("button", name="Show who saw it").click()
    expect(page.get_by_text("not in the registry now")).to_be_visible()
    # This very look may be there already.
    expect(page.get_by_text(re.compile("Nothing was recorded about this|No client has received"))).to_be_visible()


def test_what_may_be_missing_is_said_once_and_until_when(seen: Office, page_as: Opened) -> None:
    """Where the index begins later than the table, the page and the paper name the last day that may lack any."""
    assert seen
    page = page_as("auditor", "/console/audit")

    def from_tomorrow_on(route: Route) -> None:
        answer = route.fetch()
        indexed = {"is_complete": False, "complete_since": "2026-03-02"}
        route.fulfill(response=answer, body=json.dumps(answer.json() | indexed))

    page.route(re.compile(r"/audit(/statement)?\?"), from_tomorrow_on)
    find(page)
    expect(page.get_by_text("What was recorded until the end of 2026-03-01 (UTC) may be missing.")).to_be_visible()
    page.get_by_role("link", name="Statement for the citizen").click()
    settled(page)
    paper = page.get_by_role("article", name="Statement of disclosures")
    expect(paper).to_contain_text("What was recorded until the end of 2026-03-01 (UTC) may be missing.")


def test_a_statement_names_what_was_sent_in_words(seen: Office, page_as: Opened) -> None:
    """The type of the identifier is the registry's own; what clients only search by is no data that was sent."""
    assert seen
    page = page_as("auditor", "/console/audit")
    find(page, type_="uin")
    full = page.locator(".entry.disclosure").filter(has=page.get_by_role("link", name=HOSTILE, exact=True)).first
    for part in (full, page.get_by_role("article", name="Statement of disclosures")):
        expect(part).to_contain_text("Level of income")
        expect(part).not_to_contain_text("Related people")
        expect(part).not_to_contain_text(re.compile("(^|, )Income(,|$)"))
        if part is full:
            page.get_by_role("link", name="Statement for the citizen").click()
            settled(page)
    expect(page.get_by_text(f"UIN {UIN}")).to_be_visible()


def test_a_statement_is_printed_for_the_citizen(seen: Office, page_as: Opened) -> None:
    """It has organisations, fields and purposes, and no query, operator or other person; on paper it stands alone."""
    assert seen
    page = page_as("auditor", "/console/audit")
    find(page)
    page.get_by_role("link", name="Statement for the citizen").click()
    settled(page)
    paper = page.get_by_role("article", name="Statement of disclosures")
    expect(paper).to_contain_text("Ministry of Health")
    expect(paper).to_contain_text("School meals")
    expect(paper).not_to_contain_text("may be missing")
    for hidden in ("h0001", "query", "Amina", "Case 17"):
        expect(paper).not_to_contain_text(hidden)
    expect(paper.get_by_role("columnheader", name="Organisation")).to_have_css("overflow-wrap", "normal")
    for column in (2, 4):  # the organisation and the purpose keep their words beside a long list of fields
        expect(paper.locator(f"tbody tr:first-child td:nth-child({column})")).not_to_have_css("min-width", "0px")
    page.get_by_label("For", exact=False).first.fill("Nyambura Wanjiru")
    page.get_by_label("With the purposes").uncheck()
    expect(paper).to_contain_text("Nyambura Wanjiru")
    expect(paper).not_to_contain_text("School meals")
    page.emulate_media(media="print", color_scheme="dark")
    expect(paper).to_have_css("background-color", "rgb(255, 255, 255)")
    for screen_only in (page.get_by_role("navigation"), page.get_by_label("With the purposes"), page.locator("h1")):
        expect(screen_only.first).to_be_hidden()
    expect(paper).to_be_visible()
    assert page.pdf().startswith(b"%PDF")


def test_what_others_wrote_is_text(seen: Office, page_as: Opened) -> None:
    """Markup in names of clients, purposes, identifiers and records is shown as it is, and does nothing."""
    record = {"id": "x-hostile", "identifiers": [{"identifier_type": "UIN", "identifier_value": HOSTILE}]}
    person = record | {"name": {"surname": HOSTILE, "given_name": "javascript:alert(1)"}, "birth_place": HOSTILE}
    seen.put({"person": person})
    page = page_as("data-officer", "/console/audit")
    find(page)
    expect(page.get_by_role("link", name=HOSTILE).first).to_be_visible()
    page.get_by_role("link", name=HOSTILE).first.click()
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
    page.get_by_role("link", name="Administration log").click()
    expect(page.get_by_role("link", name=HOSTILE).first).to_be_visible()
    page.get_by_role("link", name="Records", exact=True).click()
    page.get_by_label("Reason").fill(HOSTILE)
    find(page, HOSTILE, button="View the record")
    expect(page.locator("main")).to_contain_text(HOSTILE)
    page.get_by_role("link", name="Who saw this record").click()
    expect(page.locator(".entry.change")).to_contain_text("registered or changed")
    expect(page.get_by_text("No client has received this record.", exact=True)).to_be_visible()
    viewed = {"route": {"S": "records/person"}}.items()
    eventually(lambda: any(viewed <= entry.items() for entry in seen.history("PERSON#x-hostile")))
    page.get_by_role("link", name="Statement for the citizen").click()
    expect(page.get_by_role("row", name="The registry's own staff")).to_contain_text("has recorded a reason.")
    assert page.evaluate("globalThis.hit") is None
    assert page.locator("main script, main img").count() == 0
