"""`/docs/`, where partners read about the API and try it: without the console, and without anybody's session."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from support.console_browser import PHONE, Visitors
from support.server_process import ServerProcess

OPEN = Callable[..., Page]


@pytest.fixture
def opened(visitors: Visitors) -> OPEN:
    """Return what opens the page, and waits until the document is shown."""

    def open_docs(path: str = "/docs/", **options: object) -> Page:
        page = visitors.context(**options).new_page()  # type: ignore[arg-type]
        page.goto(path)
        expect(page.locator("#operations-Search-search")).to_be_visible()
        return page

    return open_docs


def authorize(page: Page, client: dict[str, str]) -> None:
    """Enter the credentials of a client, and close the dialog."""
    page.get_by_role("button", name="Authorize").first.click()
    box = page.locator(".auth-container", has=page.get_by_text("clientCredentials"))
    box.get_by_label("client_id").fill(client["client_id"])
    box.get_by_label("client_secret").fill(client["client_secret"])
    box.get_by_role("button", name="Authorize").click()
    expect(box.get_by_role("button", name="Logout")).to_be_visible()
    page.locator(".modal-ux").get_by_role("button", name="Close").first.click()


def test_root(server: ServerProcess, opened: OPEN) -> None:
    page = opened("/")
    page.screenshot(path="/tmp/shots/docs.png", full_page=True)
