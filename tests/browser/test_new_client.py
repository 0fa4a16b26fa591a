"""The registration of a client: in steps, with an approval in a second session, and with what is not accepted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, Route, expect

from support.console_browser import PHONE, Visitors, Watch, settled
from support.console_clients import Clients
from support.console_pages import go

Opener = Callable[..., Page]
Accessible = Callable[[Page], None]
STEPS = ("Name and sender", "Scopes and records", "What it may see", "Limits", "Keys and signatures", "Callbacks")


def following(page: Page) -> None:
    """Go to the next step."""
    page.get_by_role("button", name="Next").click()
    expect(page.locator("main#main")).to_have_attribute("aria-busy", "false")


def test_a_client_is_registered_by_two_people(visitors: Visitors, clients: Clients, accessible: Accessible) -> None:
    """A manager asks in steps, an approver agrees in a session of their own, and the partner is handed its secret."""
    name = f"Ministry of Health {uuid4()}"
    page = visitors.page_as("client-manager", "/console/clients", size=PHONE)
    page.get_by_role("link", name="New client").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Sender id").fill("health.example.org")
    for step in STEPS:
        expect(page.get_by_role("heading", level=2)).to_contain_text(step)
        if step == "Scopes and records":
            page.get_by_label("People", exact=True).check()
            page.get_by_label("Members: people").check()
        if step == "What it may see":
            expect(page.locator(".preview")).to_contain_text("Amara")
            page.get_by_label("Standard").check()
        if step == "Limits":
            page.get_by_label("A limit of its own").first.check()
            page.get_by_label("the number").fill("60")
        following(page)
    expect(page.locator("main")).to_contain_text("health.example.org")
    page.get_by_role("button", name="Register the client").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name} waits for a second person")
    expect(page.locator(".note time")).to_be_visible()
    accessible(page)
    approval = page.get_by_role("link", name="Open the approval").get_attribute("href") or ""
    waiting = [one for one in clients.get("/approvals?status=waiting&limit=100")["approvals"] if one["name"] == name]
    assert [one["approval_id"] for one in waiting] == [approval.rpartition("/")[2]]
    approver = visitors.page_as("approver", approval)
    approver.get_by_role("button", name=re.compile("^Approve")).first.click()
    if approver.get_by_role("dialog").count():
        approver.get_by_role("dialog").get_by_role("button", name=re.compile("^Approve")).click()
    expect(approver.locator("main")).to_contain_text(re.compile("approved", re.IGNORECASE))
    client_id = waiting[0]["client_id"]
    client = clients.get(f"/clients/{client_id}")
    assert (client["disclosure"], client["record_types"]) == (["standard"], ["SRPerson", "Member"])
    assert client["requests_a_minute"] == 60
    page.get_by_role("link", name="Open the approval").click()
    settled(page)
    for _ in ("review", "callbacks"):  # of which nothing is left
        page.go_back()
        settled(page)
        expect(page.get_by_role("heading", name="Name and sender Step 1 of 7")).to_be_visible()
    go(page, f"/console/clients/{client_id}?section=secrets")
    page.get_by_role("button", name="Give it a secret").click()
    page.get_by_role("button", name="Make the link and the code").click()
    expect(page.get_by_role("dialog").get_by_role("textbox", name="Code")).to_have_text(re.compile(r"^\w{4}-\w{4}$"))


def test_a_preview_that_is_not_there_is_asked_for_again(page_as: Opener, watch: Watch) -> None:
    """A step that is left before its preview is there, or after it failed, has it when it is looked at again."""
    watch.expected.add("ERR_FAILED")
    page = page_as("client-manager", "/console/clients/new")
    page.get_by_label("Name", exact=True).fill("Ministry of Health")
    page.get_by_label("Sender id").fill("health.example.org")
    following(page)
    page.get_by_label("People", exact=True).check()
    preview, held = page.locator(".preview"), list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    def fail(route: Route) -> None:
        route.abort()

    for answer in (hold, fail):
        page.route("**/clients/preview?*", answer, times=1)
        following(page)
        expect(preview).to_have_attribute("aria-busy", "true" if answer == hold else "false")
        page.get_by_label("Steps").get_by_role("link", name="Scopes and records").click()
        expect(preview).to_have_count(0)
    assert len(held) == 1
    following(page)
    expect(preview).to_contain_text("Amara")


def test_scopes_and_record_types_have_to_be_chosen(page_as: Opener) -> None:
    """No record type is ticked at first; nothing beside the scopes for administration asks to tick one of them."""
    page = page_as("client-manager", "/console/clients/new")
    page.get_by_label("Name", exact=True).fill("Without a scope")
    page.get_by_label("Sender id").fill("any.example")
    following(page)
    page.get_by_label("Search the registry").uncheck()
    page.get_by_role("button", name="Next").click()
    expect(page.locator("main .error")).to_have_count(2)
    for group in ("Scopes", "Record types"):
        expect(page.get_by_role("group", name=group, exact=True)).to_contain_text("This is required.")


def test_the_keyboard_goes_through_the_steps(page_as: Opener) -> None:
    """Enter in a field goes on, and each step begins at its heading, also after Back and the browser's own Back."""
    page = page_as("client-manager", "/console/clients/new")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_label("Name", exact=True).fill("Any name")
    page.get_by_label("Sender id").fill("any.example")
    page.get_by_label("Sender id").press("Enter")
    heading = page.get_by_role("heading", level=2)
    expect(heading).to_be_focused()
    expect(heading).to_have_text("Scopes and records Step 2 of 7")
    expect(page).to_have_title(re.compile("^New client: Scopes and records"))
    page.get_by_label("People", exact=True).check()
    following(page)
    expect(heading).to_be_focused()
    expect(heading).to_contain_text("What it may see")
    page.get_by_role("button", name="Back").click()
    expect(heading).to_contain_text("Scopes and records")
    expect(heading).to_be_focused()
    page.go_back()
    expect(heading).to_contain_text("What it may see")
    expect(heading).to_be_focused()


def test_callbacks_without_asynchronous_messages_are_warned_of(page_as: Opener) -> None:
    """The step of the callbacks says that nothing is sent there, until asynchronous messages are turned on."""
    page = page_as("client-manager", "/console/clients/new?step=callbacks")
    page.get_by_label("Name", exact=True).fill("Any name")  # a form with nothing in it begins at the first step
    page.get_by_label("Steps").get_by_role("link", name="Callbacks").click()
    warning = page.get_by_text("Asynchronous messages are off for this client")
    expect(warning).to_be_visible()
    page.get_by_label("Steps").get_by_role("link", name="Scopes and records").click()
    page.get_by_role("checkbox", name="Asynchronous messages", exact=True).check()
    page.get_by_label("Steps").get_by_role("link", name="Callbacks").click()
    expect(page.get_by_label("Callback addresses")).to_be_visible()
    expect(warning).to_have_count(0)


def test_what_was_entered_stays_until_it_is_discarded(page_as: Opener, watch: Watch) -> None:
    """Back, another page and a rejected name keep the form; the error leads to its step and its field."""
    watch.expected |= {"400", "409"}
    page = page_as("client-manager", "/console/clients/new")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.get_by_label("Name", exact=True).fill("Any name")
    page.get_by_label("Sender id").fill("any.example")
    page.get_by_label("Steps").get_by_role("link", name="Callbacks").click()
    page.get_by_label("Callback addresses").fill("ftp://partner.example/")
    page.go_back()
    expect(page.get_by_label("Sender id")).to_have_value("any.example")
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Keys").click()
    page.get_by_role("link", name="Clients", exact=True).click()
    page.get_by_role("link", name="New client").click()
    expect(page.get_by_label("Sender id")).to_have_value("any.example")
    page.get_by_label("Steps").get_by_role("link", name="Scopes and records").click()
    page.get_by_label("People", exact=True).check()
    page.get_by_label("Steps").get_by_role("link", name="Review").click()
    page.get_by_role("button", name="Register the client").click()
    expect(page.locator("main .error")).to_contain_text("callbacks.urls.0 is not accepted")
    expect(page.get_by_label("Callback addresses")).to_be_focused()
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(page.get_by_label("Sender id")).to_have_value("")
    page.go_back()
    settled(page)
    expect(page.get_by_label("Sender id")).to_have_value("")
    expect(page.get_by_label("Steps").get_by_role("link")).to_have_count(0)


def test_a_client_that_needs_no_approval_is_handed_its_secret(
    page_as: Opener, clients: Clients, accessible: Accessible
) -> None:
    """Where nothing waits, the page offers a link and a code, or the secret that was made, once."""
    client_id = clients.registered()
    made = json.dumps({"client_id": client_id, "name": "Registered at once", "client_secret": "dcis_shown-once"})

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            return route.fulfill(status=201, content_type="application/json", body=made)
        return route.continue_()

    page = page_as("client-manager", "/console/clients/new")
    page.route(re.compile("/clients$"), answer)
    page.get_by_label("Name", exact=True).fill("Registered at once")
    page.get_by_label("Sender id").fill("once.example")
    page.get_by_label("Steps").get_by_role("link", name="Scopes and records").click()
    page.get_by_label("People", exact=True).check()
    page.get_by_label("Steps").get_by_role("link", name="Review").click()
    page.get_by_role("button", name="Register the client").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Registered at once is registered")
    assert "dcis_shown-once" not in page.content()
    accessible(page)
    page.get_by_role("button", name="Show the secret once").click()
    expect(page.get_by_role("dialog").get_by_role("textbox", name="Secret")).to_have_text("dcis_shown-once")
    page.get_by_role("button", name="I have copied it, close").click()
    expect(page).to_have_url(re.compile(f"/console/clients/{client_id}.section=secrets$"))
    assert "dcis_shown-once" not in page.content()
