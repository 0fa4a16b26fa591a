"""Every page of the console in every state: WCAG 2.2 AA by axe, on a desktop and on a phone that is dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.console_browser import LOOKS, Watch, look, settled, too_wide, violations
from support.console_pages import ROWS, Row, answering, away, complete, empty, failing, go, held_back
from support.console_scene import Scene

Opener = Callable[..., Page]


def reached(page: Page, row: Row) -> str:
    """Bring about all that a page has, and return its address, in which a handle may be."""
    if row.fill:
        row.fill(page)
    complete(page)
    return str(page.evaluate("location.pathname + location.search"))


def test_every_route_has_a_row(page_as: Opener) -> None:
    """A page that is added to the console is added to the table of these tests, with a role that may not open it."""
    page = page_as("data-officer", "/console/keys")
    routes = page.evaluate(
        "import('/console/router.js').then(({routes}) => routes.map(({path, roles}) => [path, roles]))"
    )
    assert {path for path, _ in routes} == {row.route for row in ROWS}
    assert {path for path, roles in routes if roles} == {row.route for row in ROWS if row.other}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_page_is_accessible_in_every_state(row: Row, scene: Scene, page_as: Opener, watch: Watch) -> None:
    """With rows and without, while it loads, when the API fails or is away, and for a role that may not open it."""
    watch.expected |= {"404", "503", "ERR_FAILED"}
    page = page_as(row.role, row.address(scene))
    address = reached(page, row)
    found: dict[str, Any] = {"too wide": too_wide(page)}
    for name in LOOKS:
        look(page, name)
        found[f"full, {name}"] = violations(page)
    if row.reads:
        found |= states(page, address)
    if row.other:
        other = page_as(row.other, row.address(scene))
        expect(other.get_by_role("heading", level=1)).to_have_text("Not for your role")
        found["forbidden"] = violations(other)
    assert {state: each for state, each in found.items() if each} == {}


def states(page: Page, address: str) -> dict[str, list[str]]:
    """Return what axe finds on a page in the states that depend on the API."""
    found = {}
    with answering(page, empty):
        go(page, address)
        complete(page)
        found["empty"] = violations(page)
    look(page, "desktop")
    with held_back(page):
        go(page, address)
        expect(page.locator("main")).to_have_attribute("aria-busy", "true")
        found["loading"] = violations(page)
    for answer in (failing, away):
        with answering(page, answer):
            go(page, address)
            settled(page)
            expect(page.get_by_role("alert")).to_be_visible()
            found[answer.__name__] = violations(page)
        look(page, "phone")
    return found
