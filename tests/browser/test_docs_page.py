"""`/docs/`, where partners read about the API and try it: without the console, and without anybody's session."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from support.console_browser import LOOKS, Visitors, Watch, look, too_wide, violations
from support.server_process import ServerProcess

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def _context(server: ServerProcess, browser: Browser, _watch: Watch) -> Iterator[BrowserContext]:
    """Keep a context: in a new one, the browser reads and compiles the large script anew."""
    with Visitors(browser, server.base_url, _watch, {}) as visitors:
        yield visitors.context()


@pytest.fixture
def opened(_context: BrowserContext) -> Iterator[Open]:
    """Return what opens the page, and waits until the document is shown."""
    page = _context.new_page()

    def open_docs(path: str = "/docs/") -> Page:
        page.goto(path)
        expect(page.locator("#operations-Search-search")).to_be_visible()
        return page

    yield open_docs
    page.close()


def dialog_of(page: Page) -> Locator:
    """Open the dialog in which credentials are entered."""
    page.get_by_role("button", name="Authorize").first.click()
    return page.get_by_role("dialog", name="Available authorizations")


def authorize(page: Page, client: dict[str, str]) -> None:
    """Enter the credentials of a client, get a token, and close the dialog by the keyboard."""
    dialog = dialog_of(page)
    dialog.get_by_label("client_id:").fill(client["client_id"])
    dialog.get_by_label("client_secret:").fill(client["client_secret"])
    dialog.get_by_label("client_secret:").press("Enter")
    expect(dialog.get_by_role("button", name="Logout").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Authorize").first).to_be_focused()


def executed(operation: Locator) -> tuple[str, str]:
    """Execute an operation that is open, and return the status and the body of its answer."""
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response").first
    expect(answer.locator(".response-col_status")).to_have_text(re.compile(r"\d{3}"))
    return answer.locator(".response-col_status").inner_text(), answer.locator("pre").first.inner_text()


def test_a_partner_authorizes_and_searches(server: ServerProcess, opened: Open) -> None:
    """From the address alone: the credentials get a token, and an example of a search is answered with a person."""
    page = opened("/")
    assert page.url == f"{server.base_url}/docs/"
    authorize(page, server.credentials["partner"])
    search = page.locator("#operations-Search-search")
    search.locator(".opblock-summary-control").click()
    status, body = executed(search)
    (item,) = json.loads(body)["message"]["search_response"]
    assert (status, item["data"]["reg_records"][0]["name"]["surname"]) == ("200", "Wanjiru")
    search.get_by_label("Example").first.select_option(label="An identifier that nobody has")
    expect(search.get_by_label("Request body")).to_have_value(re.compile("TEST-001"))
    search.get_by_role("button", name="Execute").click()  # the answer before is shown until this one is there
    expect(search.locator(".live-responses-table .response pre").first).to_contain_text('"total_count": 0')
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_the_form_of_a_token_needs_credentials_alone(server: ServerProcess, opened: Open) -> None:
    """Nothing is filled in that would be wrong: with the id and the secret of a client, the form gets a token."""
    page = opened("/docs/#/Tokens/getToken")
    operation = page.locator("#operations-Tokens-getToken")
    fields = operation.locator(".parameters input[type=text]")
    assert [field.input_value() for field in fields.all()] == ["", "", "", "", "client_credentials", ""]
    for number, name in enumerate(("client_id", "client_secret")):
        fields.nth(number).fill(server.credentials["partner"][name])
    status, body = executed(operation)
    assert (status, json.loads(body)["token_type"]) == ("200", "Bearer")


def test_a_request_without_credentials_says_what_is_missing(watch: Watch, opened: Open) -> None:
    """A deep link opens its operation; without a token the API's own error is shown."""
    watch.expected.add("401")
    page = opened("/docs/#/Search/search")
    status, body = executed(page.locator("#operations-Search-search"))
    assert (status, json.loads(body)["errors"][0]["code"]) == ("401", "err.request.unauthorized")


def test_an_address_chooses_no_other_document(opened: Open) -> None:
    """A link sent to a partner cannot make the page show, or send credentials to, something else."""
    elsewhere = "https://elsewhere.example"
    page = opened(f"/docs/?url={elsewhere}/a.json&configUrl={elsewhere}/b.json&tokenUrl={elsewhere}/c#/Search/search")
    expect(page.get_by_role("heading", name="SPDCI registry API")).to_be_visible()
    assert elsewhere not in page.locator("body").inner_html()


def test_wrong_credentials_are_reported(watch: Watch, opened: Open) -> None:
    """The dialog shows that the client is rejected, and why."""
    watch.expected.add("401")
    page = opened()
    dialog = dialog_of(page)
    expect(dialog.get_by_label("client_id:")).to_be_focused()
    dialog.get_by_label("client_id:").fill("nobody")
    dialog.get_by_label("client_secret:").fill("nothing")
    dialog.get_by_role("button", name="Authorize").first.click()
    expect(dialog.locator(".errors")).to_contain_text("Client authentication failed")


def test_the_page_is_accessible(server: ServerProcess, visitors: Visitors) -> None:
    """While it loads, as it opens, in the dialog and with an answer: axe finds nothing, and nothing is too wide."""
    page, found, held = visitors.context().new_page(), {}, list[Route]()

    def look_at(state: str) -> None:
        for name in LOOKS:
            look(page, name)
            found[f"{state}, {name}"] = violations(page)

    for address in ("**/docs.js", "**/openapi.json"):
        page.route(address, lambda route: held.append(route))  # noqa: PLW0108 - no builtin may be given
    page.goto("/docs/", wait_until="commit")
    for part in ("#docs > main", ".swagger-ui > .loading-container"):
        expect(page.locator(part)).to_be_attached()
        expect(page.get_by_role("main")).to_have_count(1)
        look_at(part)
        held.pop().continue_()
    expect(page.locator("#operations-Search-search")).to_be_visible()
    look_at("opened")
    dialog_of(page)
    look_at("dialog")
    page.keyboard.press("Escape")
    authorize(page, server.credentials["partner"])
    search = page.locator("#operations-Search-search")
    search.locator(".opblock-summary-control").click()
    executed(search)
    look_at("answer")
    assert {state: each for state, each in found.items() if each} == {}
    assert too_wide(page) == []


def test_every_operation_can_be_opened(opened: Open) -> None:
    """All tags and operations unfold without an error in the browser's console; administration comes last."""
    page = opened()
    names = page.locator(".opblock-tag").evaluate_all("tags => tags.map(tag => tag.dataset.tag)")
    first = next(number for number, name in enumerate(names) if name.startswith("Administration"))
    assert {name.startswith("Administration") for name in names[first:]} == {True}
    for name in names:
        tag = page.locator(f".opblock-tag[data-tag='{name}']")
        if tag.get_attribute("data-is-open") == "false":
            tag.get_by_role("button").click()
    operations = page.locator(".opblock-summary-control")
    assert operations.count() > 50
    for name in ("getToken", "createClient", "getAudit"):
        page.locator(f"[id$='-{name}'] .opblock-summary-control").click()
        expect(page.locator(f"[id$='-{name}'] .opblock-body")).to_be_visible()


def test_the_downloads_are_there(server: ServerProcess, opened: Open) -> None:
    """The page leads to the collection and to the document."""
    page = opened()
    with page.expect_download() as download:
        page.get_by_role("link", name="Postman collection").click()
    assert download.value.suggested_filename == "registry.postman_collection.json"
    assert server.send("GET", "/docs/postman.json").json["info"]["name"] == "SPDCI registry API"
