"""The list of clients: search as one types, status, pages, deleted ones, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, Route, expect

from dci_common.clients.model import RECORD_TYPES
from dci_common.registries.social.disclosure import FULL, SETS
from dci_common.scopes import PARTNER_SCOPES, SCOPES
from support.console_browser import PHONE, Watch, settled
from support.console_clients import Clients, Partner
from support.console_pages import failing, go


def test_clients_are_found_while_one_types(
    page_as: Callable[..., Page], clients: Clients, watch: Watch, accessible: Callable[[Page], None]
) -> None:
    """The beginning of a name or an id, and the status narrow the list, and the address keeps both."""
    watch.expected.add("404")  # of an id that nobody has
    mark = uuid4().hex
    used, disabled = clients.registered(name=f"{mark} Used"), clients.registered(name=f"{mark} Disabled")
    clients.granted(used, clients.secret(used))
    clients.send("POST", f"/clients/{disabled}/disable")
    page = page_as("auditor", "/console/clients")
    page.get_by_role("searchbox").press_sequentially(mark.upper()[:20])
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Disabled")
    expect(rows.last.locator("time")).to_have_count(2)  # when it was used, and when it was changed
    expect(page).to_have_url(re.compile(rf"/console/clients\?name={mark.upper()[:20]}$"))
    page.get_by_label("Status").select_option("Enabled")
    expect(rows).to_have_count(1)
    page.reload()
    expect(rows).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value(mark.upper()[:20])
    page.get_by_role("searchbox").fill(f"{mark} nobody")
    expect(page.locator(".empty")).to_contain_text("No client has this id, or a name that begins like this.")
    accessible(page)
    page.get_by_role("searchbox").fill(f" {used.upper()} ")
    expect(page.get_by_role("link", name=f"{mark} Used")).to_be_visible()
    expect(rows.locator("time")).to_have_count(2)
    page.get_by_role("searchbox").fill(str(uuid4()))
    page.get_by_role("button", name="Show all clients").click()
    expect(page.get_by_role("link", name="Demo partner")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_deleted_clients_keep_a_page_with_their_log(
    page_as: Callable[..., Page], clients: Clients, watch: Watch
) -> None:
    """They are listed with who deleted them, and lead to their log, also on a phone."""
    watch.expected.add("404")  # of the client
    client_id = clients.registered(name=f"Deleted {uuid4()}")
    clients.send("DELETE", f"/clients/{client_id}")
    page = page_as("auditor", "/console/clients?status=deleted", size=PHONE)
    row = page.locator("tbody tr").filter(has=page.locator(f"a[href$='{client_id}']"))
    expect(row).to_contain_text("Bayani Santos")
    row.get_by_role("link").click()
    expect(page.get_by_text("This client was deleted.")).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("Deleted")


def test_an_address_with_an_unknown_choice_shows_everything(page_as: Callable[..., Page], clients: Clients) -> None:
    """A status or a state that there is not, in an address, is no dead end: the list is as without it."""
    partner = Partner.of(clients)
    page = page_as("auditor", "/console/clients?status=constructor")
    expect(page.get_by_label("Status")).to_have_value("")
    go(page, f"/console/clients/{partner.client_id}?section=callbacks&state=none")
    expect(page.get_by_label("State")).to_have_value("")


def test_a_long_list_comes_in_pages(page_as: Callable[..., Page], clients: Clients) -> None:
    """The first page has a button for the next one, until all are there."""
    mark = uuid4().hex
    for number in range(3):
        clients.registered(name=f"{mark} {number}")
    page = page_as("client-manager", "/console/keys")
    pages_of_two = re.compile(r"/clients\?limit=50")
    page.route(pages_of_two, lambda route: route.continue_(url=route.request.url.replace("limit=50", "limit=2")))
    page.get_by_role("link", name="Clients").click()
    with page.expect_response(lambda response: f"name_begins={mark}" in response.url):
        page.get_by_role("searchbox").fill(mark)
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(3)
    expect(page.get_by_text("3 rows, that is all")).to_be_visible()


def test_a_list_that_cannot_be_read_says_so(page_as: Callable[..., Page], watch: Watch) -> None:
    """While the API is away, the page says so and can be tried again; a search that fails keeps what is shown."""
    watch.expected.add("ERR_FAILED")
    page = page_as("auditor", "/console/clients")
    page.route(re.compile("/clients[?]"), lambda route: route.abort())
    page.get_by_role("searchbox").fill("Demo")
    expect(page.get_by_role("alert")).to_contain_text("The API does not answer")
    expect(page.get_by_role("link", name="Demo partner")).to_be_visible()
    page.get_by_role("link", name="Keys").click()
    page.get_by_role("link", name="Clients").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This page could not be loaded")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("link", name="Demo partner")).to_be_visible()


def test_the_choices_of_the_forms_are_those_of_the_api(page_as: Callable[..., Page]) -> None:
    """Scopes, record types, attributes and their sets are in the console as the API has them."""
    page = page_as("auditor", "/console/clients")
    choices = page.evaluate("import('/console/clients/choices.js').then((all) => ({...all}))")
    assert choices["SCOPES"] == list(SCOPES)
    assert choices["PARTNER_SCOPES"] == list(PARTNER_SCOPES)
    assert choices["RECORD_TYPES"] == list(RECORD_TYPES)
    assert set(choices["ATTRIBUTES"]) == FULL
    assert {name: frozenset(attributes) for name, attributes in choices["SETS"].items()} == dict(SETS)


def test_a_list_is_named_for_what_is_in_it(page_as: Callable[..., Page], watch: Watch) -> None:
    """Clients are not shown as deleted ones while these are read, nor if they cannot be read."""
    watch.expected.add("503")
    page = page_as("auditor", "/console/clients")
    held: list[Route] = []
    page.route("**/clients/deleted?*", lambda route: held.append(route), times=1)  # noqa: PLW0108
    with page.expect_request("**/clients/deleted?*"):
        page.get_by_label("Status").select_option("Deleted")
    expect(page.locator("caption")).to_have_text("Clients in the order of their names")
    failing(held[0])
    expect(page.get_by_role("alert")).to_contain_text("try again shortly")
    expect(page.locator("caption")).to_have_text("Clients in the order of their names")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_text("Clients in the order of their names")).to_have_count(0)


def test_a_search_without_an_answer_holds_nothing_back(page_as: Callable[..., Page]) -> None:
    """The page can be left while a search is answered, and what was typed last does not narrow the list after it."""
    page = page_as("auditor", "/console/clients")
    held: list[Route] = []
    page.route("**/clients?*", lambda route: held.append(route), times=1)  # noqa: PLW0108
    with page.expect_request("**/clients?*"):
        page.get_by_role("searchbox").fill("Demo")
    page.get_by_role("link", name="Keys").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Signing keys")
    page.get_by_role("link", name="Clients").click()
    settled(page)
    page.get_by_role("searchbox").fill("nobody")
    page.get_by_role("link", name="Clients").click()
    page.wait_for_timeout(400)
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(page).to_have_url(re.compile("/console/clients$"))
