"""The dialogs, forms and procedures of the console's pages: WCAG 2.2 AA by axe at each step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import cycle

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from support.console_browser import LOOKS, look, settled, too_wide, violations
from support.console_pages import MANAGER, complete, go
from support.console_scene import LONG, Scene

Opener = Callable[..., Page]
CLIENT, SECRETS = "/clients/{0.client_id}", "/clients/{0.client_id}?section=secrets"
CALLBACKS, ONE = "/clients/{0.client_id}?section=callbacks", "/approvals/{0.approval_id}"
# The address of a page, and the buttons and choices that lead from step to step; also "Escape", and "Type ...".
OPENED = (
    *((CLIENT, f"Edit: {part}") for part in ("Identity", "Access", "What it may see", "Keys and signatures")),
    ("/clients/{0.client_id}?section=limits", "Edit: Limits"),
    (CALLBACKS, "Edit: Callbacks"),
    (CALLBACKS, "Deliver again"),
    ("/clients/{0.client_id}?section=subscriptions", "End the subscription"),
    (CLIENT, "Disable"),
    (CLIENT, "Revoke all tokens"),
    (CLIENT, "Delete", "Type another name", "Delete"),
    (SECRETS, "Delete the secret"),
    (SECRETS, "Withdraw the link"),
    (SECRETS, "Replace the secret", "Make the link and the code"),
    (SECRETS, "Replace the secret", "It is shown here once", "Make the secret", "Escape"),
    (SECRETS, "After a leak", "End all secrets"),
    (ONE, "Approve"),
    (ONE, "Reject"),
    ("/keys", "Rotate: keys of tokens"),
    ("/keys", "Revoke: keys of messages", "Type another word", "Revoke"),
)


@pytest.fixture
def manager(page_as: Opener) -> Iterator[Page]:
    """Return the page of a manager, for whom the API makes no secret but answers with an invented one."""
    page = page_as(MANAGER, "/console/keys")
    made = {
        "secret_id": "one",
        "client_secret": LONG,
        "link": f"https://example/{LONG}",
        "code": "AAAA-BBBB",
        "expires": "2026-12-01T00:00:00Z",
    }

    def make(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=201, json=made)
        else:
            route.continue_()

    def leave(dialog: Dialog) -> None:
        dialog.accept()

    page.route(re.compile("/(secrets|handovers)$"), make)
    page.on("dialog", leave)
    yield page
    page.keyboard.press("Escape")
    if page.locator("dialog, .steps").count():
        page.reload()
        settled(page)
    page.remove_listener("dialog", leave)
    page.unroute_all(behavior="wait")


def without_links(page: Page) -> None:
    """Leave out the links that are open: the steps of a replacement go on where one is."""

    def answer(route: Route) -> None:
        if route.request.method == "GET":
            route.fulfill(json={"handovers": []})
        else:
            route.fallback()

    page.route(re.compile(r"/handovers(\?.*)?$"), answer)


def press(page: Page, name: str) -> None:
    """Press a button or choose something, in the dialog if there is one; press the key Escape; or type."""
    dialog = page.get_by_role("dialog")
    if name == "Escape":
        page.keyboard.press("Escape")
        expect(dialog.get_by_role("heading", name="Close without copying?")).to_be_visible()
        return
    if name.startswith("Type "):
        dialog.get_by_role("textbox").fill(name)
        return
    within = dialog if dialog.count() else page.locator("main")
    begins = re.compile(f"^{re.escape(name)}")
    within.get_by_role("button", name=begins).or_(within.get_by_role("radio", name=begins)).first.click()
    complete(page)


# Every second one is looked at on a phone in the dark. test_accessible_states.py has the pages below in both looks.
@pytest.mark.parametrize(("steps", "name"), list(zip(OPENED, cycle(LOOKS), strict=False)))
def test_each_step_is_accessible(steps: tuple[str, ...], name: str, scene: Scene, manager: Page) -> None:
    """What a button opens is accessible, and so is what the next one does; nothing is changed by it."""
    address, *pressed = steps
    look(manager, name)
    if pressed[0] == "Replace the secret":
        without_links(manager)
    go(manager, "/console" + address.format(scene))
    complete(manager)
    found = {}
    for step in pressed:
        press(manager, step)
        found[step] = violations(manager)
    assert {step: each for step, each in found.items() if each} == {}
    assert too_wide(manager) == []
