"""One server, one browser, and pages that are kept, for each worker; a watch for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, StorageState, expect, sync_playwright

from support.console_browser import CHROMIUM, DESKTOP, Visitors, Watch, violations
from support.console_clients import Clients
from support.console_scene import Scene, scene_of
from support.kept_pages import KeptPages
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


@pytest.fixture(scope="session")
def _watch() -> Watch:
    return Watch(set())


@pytest.fixture(autouse=True)
def watch(server: ServerProcess, _watch: Watch) -> Iterator[Watch]:
    """Watch the pages of a test, and fail it for an error in the console, a violated policy or a foreign request."""
    _watch.begins(server.base_url)
    yield _watch
    assert _watch.found == []


@pytest.fixture
def visitors(
    server: ServerProcess, browser: Browser, watch: Watch, _sessions: dict[str, StorageState]
) -> Iterator[Visitors]:
    """Return a maker of contexts, which end with the test."""
    with Visitors(browser, server.base_url, watch, _sessions) as visitors:
        yield visitors


@pytest.fixture(scope="session")
def _kept(
    server: ServerProcess, browser: Browser, _watch: Watch, _sessions: dict[str, StorageState]
) -> Iterator[KeptPages]:
    with Visitors(browser, server.base_url, _watch, _sessions) as visitors:
        yield KeptPages(visitors)


@pytest.fixture
def page_as(_kept: KeptPages) -> Iterator[Callable[..., Page]]:
    """Return what opens the console as a person with a role: `page_as("auditor", "/console/clients", size=PHONE)`."""
    with _kept.lent() as page_as:
        yield page_as


@pytest.fixture
def probe(visitors: Visitors) -> Callable[..., Page]:
    """Return what opens a page of the tests, `probe.js`, as somebody with a role: it is in the place of the keys."""
    script = Path(__file__).with_name("probe.js").read_text("utf-8")

    def answer(route: Route) -> None:
        route.fulfill(body=script, content_type="text/javascript")

    def open_as(role: str, size: tuple[int, int] = DESKTOP) -> Page:
        return visitors.page_as(role, "/console/keys", size, {"**/console/pages/keys.js": answer})

    return open_as


@pytest.fixture(scope="session")
def scene(clients: Clients, office: Office) -> Scene:
    """Put something to see on each page of the console into the server."""
    return scene_of(clients, office)


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Return what fails where axe finds that a page does not meet WCAG 2.2 AA."""

    def check(page: Page) -> None:
        page.wait_for_selector("h1")
        assert violations(page) == []

    return check
