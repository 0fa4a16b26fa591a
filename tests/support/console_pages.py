"""The pages of the console by route: their addresses, whose they are, and what brings about their states."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from support.console_browser import settled
from support.console_scene import LONG
from support.officers import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page, Route

    from support.console_scene import Scene

API = re.compile(r"^http://[^/]+/(?!console/|openid/)")
MANAGER, OFFICER = "manager-approver", "data-officer"


@dataclass(frozen=True)
class Row:
    """A page: its route in console/router.js, what follows in its address, who opens it, and what they do there."""

    route: str
    query: str = ""
    role: str = OFFICER
    other: str = ""  # a role that may not open it
    ids: str = "client_id"  # which id of the scene is in the address
    reads: bool = True  # whether it asks the API for something
    fill: Callable[[Page], None] | None = None

    @property
    def name(self) -> str:
        """How a test is called that opens the page."""
        return f"{self.route}{self.query}{'' if self.ids == 'client_id' else ' ' + self.ids}"

    def address(self, scene: Scene) -> str:
        """Return the address."""
        path = re.sub(r":\w+", getattr(scene, self.ids), self.route)
        return f"/console{path}{self.query.format(scene=scene)}"


def _find(page: Page) -> None:
    page.get_by_label("Reason").fill(LONG)
    find(page, LONG)


def _find_statement(page: Page) -> None:
    go(page, "/console/audit")
    _find(page)
    page.get_by_role("link", name="Statement for the citizen").click()
    settled(page)


def _view(page: Page) -> None:
    page.get_by_label("Reason").fill(LONG)
    find(page, LONG, button="View the record")


def _enter(page: Page) -> None:
    name = page.get_by_role("textbox", name="Name", exact=True)
    if name.count():  # the form is empty, or this is its first step
        name.fill(LONG)
    go(page, page.url)


STEPS = ("identity", "access", "disclosure", "limits", "keys", "callbacks", "review")
SECTIONS = ("secrets", "limits", "callbacks", "callbacks&exchange={scene.exchange_id}", "subscriptions", "log")
ROWS = (
    Row("/"),
    Row("/clients", role=MANAGER),
    Row("/clients", "?status=deleted"),
    *(Row("/clients/new", f"?step={step}", MANAGER, OFFICER, reads=False, fill=_enter) for step in STEPS),
    Row("/clients/:client_id", role=MANAGER),
    *(Row("/clients/:client_id", f"?section={section}", MANAGER) for section in SECTIONS),
    Row("/clients/:client_id", ids="deleted_id"),
    Row("/approvals", role=MANAGER),
    Row("/approvals/:approval_id", role=MANAGER, ids="approval_id"),
    Row("/audit", other=MANAGER, reads=False),
    Row("/audit", "?", other=MANAGER, fill=_find),
    Row("/audit/statement", other=MANAGER, reads=False),
    Row("/audit/statement", "?", other=MANAGER, fill=_find_statement),
    Row("/audit/clients", other=MANAGER),
    Row("/audit/clients", "?only=unusual&date=week", other=MANAGER),
    Row("/audit/clients/:client_id", other=MANAGER),
    Row("/records", other=MANAGER, reads=False),
    Row("/records", "?", other=MANAGER, fill=_view),
    Row("/log"),
    Row("/log/looks", other=MANAGER),
    Row("/keys", role=MANAGER),
)


def go(page: Page, address: str) -> None:
    """Go to an address as a link does, without loading the console anew."""
    page.evaluate("address => history.pushState(null, '', address)", address)
    page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")


def complete(page: Page) -> None:
    """Wait until a page has also what it reads after it is shown."""
    settled(page)
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)


def emptied(value: Any) -> Any:
    """Return an answer of the API without rows, whatever has them; the subjects of a history stay."""
    if isinstance(value, dict):
        kept = {name: one for name, one in value.items() if name != "next"}
        return {
            name: one if name == "subjects" else 0 if name == "count" else emptied(one) for name, one in kept.items()
        }
    return [] if isinstance(value, list) and all(isinstance(one, dict) for one in value) else value


def empty(route: Route) -> None:
    """Answer without rows."""
    answer = route.fetch()
    route.fulfill(response=answer, json=emptied(answer.json()))


def failing(route: Route) -> None:
    """Answer that the API cannot work now."""
    error = {"code": "err.service.unavailable", "message": "The look cannot be recorded; try again shortly."}
    route.fulfill(status=503, json={"errors": [error]}, headers={"Retry-After": "5"})


def away(route: Route) -> None:
    """Do not answer."""
    route.abort()


@contextmanager
def answering(page: Page, answer: Callable[[Route], None]) -> Iterator[None]:
    """Have the API answer otherwise for a time."""
    page.route(API, answer)
    yield
    page.unroute_all(behavior="wait")


@contextmanager
def held_back(page: Page) -> Iterator[list[Route]]:
    """Have the API not answer until the end, and yield the requests that wait."""
    held: list[Route] = []
    with answering(page, lambda route: held.append(route)):  # noqa: PLW0108 - no builtin may be given
        yield held
        for route in held:
            route.abort()
