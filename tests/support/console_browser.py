"""A browser at the console: who is signed in, and a watch over all that a page must not do."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from dci_cli.local.openid.people import PEOPLE
from support.events import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, StorageState

# The shell is Chromium without the windows of its own, whose drawing takes as long as the pages do.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
DESKTOP, PHONE = (1280, 900), (390, 844)
WIDTHS = (1280, 640, 390, 320)  # 640 and 320 are 1280 at 200 % and at 400 %
PERSON = {
    "auditor": "amina",
    "client-manager": "bayani",
    "approver": "carmen",
    "data-officer": "dawit",
    "manager-approver": "esi",
}
_BEYOND = """() => {
    const {clientWidth, scrollWidth} = document.documentElement
    const isBeyond = (element) => element.getBoundingClientRect().right > clientWidth + 1
    const name = ({localName, className, textContent}) => `${localName}.${className} ${textContent.slice(0, 40)}`
    return scrollWidth > clientWidth ? [...document.querySelectorAll('body, body *')].filter(isBeyond).map(name) : []
}"""
_LIMITED = """() => {
    const running = []
    AbortSignal.timeout = (time) => {
        const controller = new AbortController()
        running.push({time, end: () => controller.abort(new DOMException('', 'TimeoutError'))})
        return controller.signal
    }
    globalThis.timeOut = (time) => running.splice(0).filter((one) => one.time === time).forEach(({end}) => end())
}"""
# Only what is found leaves the page: the whole result takes several times as long as the search for it.
_VIOLATIONS = """async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const {violations} = await axe.run(document, {runOnly: tags, resultTypes: ['violations'], preload: false})
    return violations.map(({id, help, nodes}) => `${id}: ${help}: ${JSON.stringify(nodes.map(({target}) => target))}`)
}"""
_AXE = ROOT / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
# A response that is an error has a line of its own in the browser's console; a test expects it by its status.
_FAILED_LOAD = re.compile(r"Failed to load resource: .*?(?:status of (\d+)|net::(\w+))")


@dataclass
class Watch:
    """What the pages of a test did that none may do: errors in the console, and requests to foreign origins.

    `expected` has statuses, such as `401`, and names of network errors, such as `ERR_FAILED`, of requests that a test
    lets fail.
    """

    origins: set[str]
    expected: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    def begins(self, origin: str) -> None:
        """Begin anew, for a test at an origin."""
        self.origins, self.expected, self.found = {origin}, set(), []

    def over(self, context: BrowserContext) -> None:
        """Watch all pages of a context."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.found.append(f"error: {error.error}"))
        context.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        failed = _FAILED_LOAD.search(message.text)
        if not failed or not self.expected & {failed[1], failed[2]}:
            self.found.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and f"{parts.scheme}://{parts.netloc}" not in self.origins:
            self.found.append(f"request: {request.url}")


@dataclass
class Visitors:
    """Makes contexts of people who are signed in, or not; each has cookies and a storage of its own."""

    browser: Browser
    base_url: str
    watch: Watch
    sessions: dict[str, StorageState]  # of the provider, by person, kept for other tests
    contexts: list[BrowserContext] = field(default_factory=list)

    def __enter__(self) -> Visitors:
        """Return this very object."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the contexts."""
        for context in self.contexts:
            context.close()

    def context(self, size: tuple[int, int] = DESKTOP, **options: Any) -> BrowserContext:
        """Return a new context, whose pages are watched."""
        width, height = size
        view: Any = {"width": width, "height": height}
        context = self.browser.new_context(
            viewport=view,
            base_url=self.base_url,
            locale="en-GB",
            timezone_id="Asia/Manila",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(20_000)
        self.watch.over(context)
        self.contexts.append(context)
        return context

    def page_as(
        self,
        role: str,
        path: str = "/console/",
        size: tuple[int, int] = DESKTOP,
        routes: dict[str, Callable[[Route], None]] | None = None,
    ) -> Page:
        """Return a new page of the console at a path, of a person with this role who has signed in."""
        person = PERSON[role]
        if person not in self.sessions:
            context = self.context()
            sign_in(context.new_page(), role, "/console/clients")
            self.sessions[person] = context.storage_state()
        context = self.context(size, storage_state=self.sessions[person])
        for url, answer in (routes or {}).items():
            context.route(url, answer)
        page = context.new_page()
        page.goto(path)
        settled(page)
        return page


def sign_in(page: Page, role: str, path: str) -> None:
    """Open a path of the console, and sign in as a person with this role by the provider's page."""
    page.goto(path)
    page.get_by_role("button", name="Sign in").click()
    choose(page, role)
    settled(page)


def choose(page: Page, role: str) -> None:
    """Choose the person with this role on the provider's page."""
    page.get_by_role("button", name=PEOPLE[PERSON[role]].name).click()


LOOKS: dict[str, tuple[tuple[int, int], Literal["light", "dark"]]] = {
    "desktop": (DESKTOP, "light"),
    "phone": (PHONE, "dark"),
}


def look(page: Page, name: str) -> None:
    """Show a page as one of the looks has it."""
    show(page, *LOOKS[name])


def show(page: Page, size: tuple[int, int], scheme: Literal["light", "dark"] = "light") -> None:
    """Show a page in a window of a size, on a screen."""
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(media="null", color_scheme=scheme)


def too_wide(page: Page) -> list[str]:
    """Return what makes a page wider than the window, at each of the widths; nothing may be scrolled to the side."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 512})
        found += [f"{width}: {element}" for element in page.evaluate(_BEYOND)]
    return found


def hold_time(page: Page) -> Callable[[], None]:
    """Stop the time of a page's requests, from now on; return what lets it be over for those that have no answer."""
    page.evaluate(_LIMITED)
    return lambda: page.evaluate("timeOut(35_000)")


def settled(page: Page) -> None:
    """Wait until the page of the address is there."""
    page.wait_for_selector("main#main[aria-busy=false] h1, main.alone h1")


@cache
def _axe() -> str:
    return _AXE.read_text("utf-8")


def violations(page: Page) -> list[str]:
    """Return what axe finds on a page that WCAG 2.2 AA does not allow."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())  # not by a script element, which the policy of the page forbids
    found: list[str] = page.evaluate(_VIOLATIONS)
    return found
