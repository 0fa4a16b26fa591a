"""What the console's pages are made of: lists, forms, dialogs and changes, on a page of the tests."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from support.console_browser import DESKTOP, PHONE, Watch

Open = Callable[..., Page]


def test_texts_are_texts(probe: Open) -> None:
    """Whatever is stored, or is in the address, is shown as it is, and never becomes markup, a link or a script."""
    page = probe("auditor")
    shown = '<img src=x onerror="window.hit=1">'
    assert page.get_by_text(shown).count() >= 4
    assert page.locator("main img, main script").count() == 0
    assert page.evaluate("window.hit") is None
    assert page.locator("main a:not([href^='/console/'])").count() == 0


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_piece_is_accessible(
    probe: Open, accessible: Callable[[Page], None], size: tuple[int, int], scheme: str
) -> None:
    """Lists, forms and dialogs meet WCAG 2.2 AA on a desktop and a phone, light and dark, with an error too."""
    page = probe("client-manager", size=size)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.get_by_label("Name").fill("no")
    expect(page.get_by_text("Not this one.")).to_be_visible()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Delete").click()
    accessible(page)
    if size == PHONE:
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Menu").click()
        expect(page.get_by_role("link", name="Clients", exact=True)).to_be_visible()
        accessible(page)


def test_times_are_the_viewers(probe: Open) -> None:
    """A moment is shown in the zone of the browser, and in UTC on hover."""
    page = probe("auditor")
    moment = page.locator("time").first
    assert moment.inner_text() == "2 Mar 2026, 00:30"
    assert moment.get_attribute("title") == "2026-03-01 16:30:00 UTC"


def test_a_list_goes_on(probe: Open) -> None:
    """The button adds the next page to the list, also where that is empty, and says when that is all."""
    page = probe("auditor")
    rows = page.locator("table").first.locator("tbody tr")
    expect(rows).to_have_count(1)
    row = {"client_id": "one", "name": "One", "version": 1}
    following = [{"clients": [row], "next": "2"}, {"clients": [], "next": "3"}, {"clients": [row, row]}]
    for number, answer in enumerate(following):
        page.route("**/clients?*", lambda route, _, answer=answer: route.fulfill(json=answer), times=1)
        with page.expect_request(re.compile(f"next={number + 1}$" if number else "next=")):
            page.get_by_role("button", name="Show more").click()
        expect(page.locator(".more button:disabled")).to_have_count(0)
    expect(page.get_by_text("that is all")).to_be_visible()
    expect(rows).to_have_count(4)


def test_a_dialog_keeps_the_focus_and_gives_it_back(probe: Open) -> None:
    """A dialog has the focus; Escape answers no, and the focus is where it was."""
    page = probe("auditor")
    button = page.get_by_role("button", name="Delete").first
    button.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Delete it?")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    expect(page.locator("#probe")).to_contain_text("false")
    button.click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("#probe")).to_contain_text("true")


def test_a_change_is_sent_once_and_its_error_is_shown(probe: Open, watch: Watch) -> None:
    """While a change runs no button works; the API's sentence is shown, and what was entered stays."""
    page = probe("client-manager")
    watch.expected |= {"400", "429"}
    sent: list[Route] = []
    page.route(
        "**/clients", lambda route: sent.append(route) if route.request.method == "POST" else route.continue_()
    )
    page.get_by_label("Name").fill("Ministry of Health")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Save").click()
    page.keyboard.press("Enter")
    assert len(sent) == 1
    sent[0].continue_()
    expect(page.get_by_role("alert")).to_contain_text("sender_id")
    expect(page.get_by_role("alert")).to_be_focused()
    busy = {"errors": [{"code": "err.limit.exceeded", "message": "Too many requests."}]}
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    sent[1].fulfill(status=429, json=busy, headers={"Retry-After": "30"})
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Too many requests\.\s*Try again in 30 seconds\."))
    assert page.get_by_label("Name").input_value() == "Ministry of Health"


def test_a_change_that_is_done_is_announced(probe: Open) -> None:
    """The notice is in a region that screen readers announce, and goes away."""
    page = probe("client-manager")
    page.route("**/clients", lambda route: route.fulfill(status=201, json={"name": "new"}))
    page.get_by_label("Name").fill("Ministry of Health")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts[role=status]")).to_have_text("Saved.")


def test_a_file_has_no_formula_for_any_separator(probe: Open) -> None:
    """A spreadsheet whose separator is no comma splits the lines elsewhere, and finds no formula there either."""
    page = probe("auditor")
    texts = [f"{before}=1+1" for before in ("", "a;", "a; ", "a\t", "a\n", "a\r\n ", "a|", " ", "\ufeff")]
    rows = "texts.map(b => ({a: 1, b}))"
    script = f"texts => import('/console/officers/csv.js').then(({{csvText}}) => csvText(['a', 'b'], {rows}))"
    text = page.evaluate(script, texts).removeprefix("\ufeff")
    for separator in ",;\t|":
        cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]
        assert sum("1+1" in cell for cell in cells) == len(texts)
        assert [cell for cell in cells if re.match(r"[\s\ufeff]*[=+\-@]", cell)] == []
