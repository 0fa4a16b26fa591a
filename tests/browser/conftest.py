"""One server and one browser a worker; contexts of their own, and a watch, for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from support.console_browser import CHROMIUM, DESKTOP, Visitors, Watch, look, settled, violations
from support.console_clients import Clients
from support.console_scene import Scene, scene_of
from support.officers import Office
from support.server_process import ServerProcess, dci_serve

if not CHROMIUM and not os.environ.get("CI"):
    pytest.skip("no Chromium is installed: .ci/install installs it on Debian", allow_module_level=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, so that `make test` can leave them out."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run `dci serve`, in which what widens access waits for a second person."""
    with dci_serve(tmp_path_factory.mktemp("console"), APPROVALS="widening") as server:
        yield server


@pytest.fixture(scope="session")
def clients(server: ServerProcess) -> Clients:
    """Return the clients of the server."""
    return Clients(server)


@pytest.fixture(scope="session")
def office(clients: Clients) -> Office:
    """Return what puts clients, searches and records into the server, for officers to look at."""
    return Office(clients)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run Chromium."""
    expect.set_options(timeout=20_000)  # it shares a busy machine with the tests
    with sync_playwright() as playwright:
        # Root has no sandbox, and a container has a small /dev/shm.
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _sessions() -> dict[str, StorageState]:
    return {}


@pytest.fixture
def watch(server: ServerProcess) -> Iterator[Watch]:
    """Watch the pages of a test, and fail it for an error in the console, a violated policy or a foreign request."""
    watch = Watch({server.base_url})
    yield watch
    assert watch.found == []


@pytest.fixture
def visitors(
    server: ServerProcess, browser: Browser, watch: Watch, _sessions: dict[str, StorageState]
) -> Iterator[Visitors]:
    """Return a maker of contexts, which end with the test."""
    visitors = Visitors(browser, server.base_url, watch, _sessions)
    yield visitors
    for context in visitors.contexts:
        context.close()


@pytest.fixture
def page_as(visitors: Visitors) -> Callable[..., Page]:
    """Return what opens the console as a person with a role: `page_as("auditor", "/console/clients", size=PHONE)`."""
    return visitors.page_as


@pytest.fixture
def probe(page_as: Callable[..., Page]) -> Callable[..., Page]:
    """Return what opens a page of the tests, `probe.js`, as somebody with a role: it is in the place of the keys."""
    script = Path(__file__).with_name("probe.js").read_text("utf-8")

    def open_as(role: str, size: tuple[int, int] = DESKTOP) -> Page:
        page = page_as(role, "/console/clients", size)
        page.context.route(
            "**/console/pages/keys.js", lambda route: route.fulfill(body=script, content_type="text/javascript")
        )
        page.goto("/console/keys")
        settled(page)
        return page

    return open_as


@pytest.fixture(scope="session")
def scene(clients: Clients, office: Office) -> Scene:
    """Put something to see on each page of the console into the server."""
    return scene_of(clients, office)


@pytest.fixture(scope="session")
def _kept(server: ServerProcess, browser: Browser, _sessions: dict[str, StorageState]) -> Iterator[Visitors]:
    expected = {"400", "401", "404", "503", "ERR_FAILED"}
    visitors = Visitors(browser, server.base_url, Watch({server.base_url}, expected), _sessions)
    yield visitors
    for context in visitors.contexts:
        context.close()


@pytest.fixture(scope="session")
def _kept_pages() -> dict[str, Page]:
    return {}


@pytest.fixture
def page_of(_kept: Visitors, _kept_pages: dict[str, Page]) -> Iterator[Callable[[str], Page]]:
    """Return what gives the page of a role that many tests go on with, since each new one takes a second."""

    def opened(role: str) -> Page:
        if role not in _kept_pages:
            _kept_pages[role] = _kept.page_as(role, "/console/keys")
        look(_kept_pages[role], "desktop")
        return _kept_pages[role]

    yield opened
    found, _kept.watch.found[:] = list(_kept.watch.found), []
    assert found == []


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Return what fails where axe finds that a page does not meet WCAG 2.2 AA."""

    def check(page: Page) -> None:
        page.wait_for_selector("h1")
        assert violations(page) == []

    return check
