"""The settings of a client and the acts on it: with conflicts, approvals, errors and a session that ends."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from support.console_browser import Visitors, Watch, choose
from support.console_clients import Clients
from support.console_pages import go

Opener = Callable[..., Page]
Accessible = Callable[[Page], None]


def edit(page: Page, part: str) -> None:
    """Begin to edit a part of the settings."""
    page.get_by_role("button", name=f"Edit: {part}").click()


def save(page: Page) -> None:
    """Save the part that is edited."""
    page.get_by_role("button", name="Save", exact=True).click()


def test_what_narrows_is_saved_and_what_widens_waits(
    page_as: Opener, clients: Clients, accessible: Accessible
) -> None:
    """The preview shows what the client will see; less is saved at once, and more leads to an approval."""
    client_id = clients.registered(disclosure=["standard"])
    page = page_as("client-manager", f"/console/clients/{client_id}")
    preview = page.locator(".preview")
    expect(preview).to_contain_text("Market Road")
    edit(page, "What it may see")
    page.get_by_label("Minimal").check()
    expect(preview).not_to_contain_text("Market Road")
    save(page)
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    assert clients.get(f"/clients/{client_id}")["disclosure"] == ["minimal"]
    edit(page, "What it may see")
    page.get_by_label("Disability").check()
    expect(page.get_by_label("Chosen one by one")).to_be_checked()
    save(page)
    expect(page.get_by_role("heading", name="This change waits for a second person")).to_be_visible()
    accessible(page)
    assert clients.get(f"/clients/{client_id}")["disclosure"] == ["minimal"]
    approval = page.get_by_role("link", name="Open the approval").get_attribute("href")
    assert approval is not None
    page.reload()
    expect(page.get_by_text("A change of this client waits for approval.")).to_be_visible()
    expect(page.get_by_role("link", name="Changed, asked for by Bayani Santos")).to_have_attribute("href", approval)
    clients.approve(approval.rpartition("/")[2])
    page.reload()
    expect(page.locator("main")).to_contain_text("Birth date, Sex, Disability")


def test_a_conflict_keeps_what_was_entered(page_as: Opener, clients: Clients, accessible: Accessible) -> None:
    """The second to save is shown what the first one changed, and can save theirs on top, or discard it."""
    client_id = clients.registered(sender_id="before.example", records_a_day=1000)
    page = page_as("client-manager", f"/console/clients/{client_id}?section=limits")
    edit(page, "Limits")
    page.get_by_label("Records a day: the number").fill("500")
    changed = {"records_a_day": 2900, "requests_a_minute": 30}
    asked = clients.send("PATCH", f"/clients/{client_id}", changed, **{"If-Match": '"1"'})
    clients.approve(asked.json["approval_id"])
    save(page)
    conflict = page.locator(".conflict")
    expect(conflict).to_contain_text("Somebody else changed this client meanwhile")
    expect(conflict).to_contain_text("Records a day: now 2,900")
    expect(conflict).to_contain_text("Searches a minute: now 30")
    expect(page.get_by_label("Records a day: the number")).to_have_value("500")
    accessible(page)
    page.get_by_role("button", name="Save mine on top").click()
    expect(page.locator("tbody tr").filter(has_text="Records a day")).to_contain_text("500")
    now = clients.get(f"/clients/{client_id}")
    assert (now["records_a_day"], now["requests_a_minute"]) == (500, 30)


def test_what_is_typed_beside_a_conflict_is_saved(page_as: Opener, clients: Clients) -> None:
    """Mine on top is what the form has then, and not what it had when the conflict was found."""
    client_id = clients.registered()
    page = page_as("client-manager", f"/console/clients/{client_id}")
    edit(page, "Identity")
    page.get_by_label("Name", exact=True).fill(f"First {client_id}")
    clients.send("PATCH", f"/clients/{client_id}", {"token_lifetime": 300}, **{"If-Match": "*"})
    save(page)
    expect(page.locator(".conflict")).to_be_focused()
    page.get_by_label("Name", exact=True).fill(f"Second {client_id}")
    page.get_by_role("button", name="Save mine on top").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Second {client_id}")
    assert clients.get(f"/clients/{client_id}")["token_lifetime"] == 300


def test_a_form_that_is_closed_gives_the_focus_back(page_as: Opener, clients: Clients) -> None:
    """Who edits by the keyboard goes on at the button that opened the form, cancelled or without a change."""
    page = page_as("client-manager", f"/console/clients/{clients.registered()}")
    for end in ("Cancel", "Save"):
        edit(page, "Identity")
        page.get_by_role("button", name=end, exact=True).press("Enter")
        expect(page.get_by_role("button", name="Edit: Identity")).to_be_focused()


@pytest.fixture(autouse=True)
def _expected(watch: Watch) -> None:
    """Expect the statuses by which the API rejects what these tests try."""
    watch.expected |= {"400", "401", "404", "409", "412"}


def test_an_error_is_beside_its_field(page_as: Opener, clients: Clients, accessible: Accessible) -> None:
    """What the API does not accept is said at the field, which has the focus; the rest of the form stays."""
    client_id = clients.registered()
    page = page_as("client-manager", f"/console/clients/{client_id}?section=callbacks")
    edit(page, "Callbacks")
    page.get_by_label("Callback addresses").fill("https://partner.example/dci\nhttps://192.0.2.1/")
    page.get_by_label("Largest callback").fill("200,000")
    save(page)
    error = page.locator("main .error")
    expect(error).to_contain_text("callbacks.urls.1 is not accepted")
    expect(page.get_by_label("Callback addresses")).to_be_focused()
    accessible(page)
    page.get_by_label("Callback addresses").fill("https://partner.example/dci")
    page.get_by_label("A token that the partner gave").check()
    page.get_by_label("Secret for callbacks").fill("token-of-the-partner")
    save(page)
    expect(page.get_by_role("heading", name="This change waits for a second person")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("token-of-the-partner")
    go(page, f"/console/clients/{client_id}")
    edit(page, "Identity")
    page.get_by_label("Name").fill("demo PARTNER")
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("name")
    expect(page.get_by_label("Name")).to_have_value("demo PARTNER")


def test_a_private_key_is_sent_nowhere(visitors: Visitors, clients: Clients) -> None:
    """It is rejected in the browser, and removed from the form; a public key in PEM is read."""
    client_id = clients.registered()
    page = visitors.page_as("client-manager", f"/console/clients/{client_id}")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    edit(page, "Keys and signatures")
    page.get_by_label("Keys that the partner sent").check()
    keys = page.locator("textarea[name=jwks]")
    keys.fill('{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "d": "c2VjcmV0"}')
    save(page)
    expect(page.locator("main .error")).to_contain_text("This is a private key.")
    expect(keys).to_have_value("")
    assert "c2VjcmV0" not in "".join(sent)
    base64 = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    keys.fill(f"-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----")
    page.get_by_role("button", name="Read the keys").click()
    expect(page.get_by_text("One public key.")).to_be_visible()
    page.get_by_label("Accept signed messages only").check()
    save(page)
    asked = page.get_by_role("link", name="Open the approval").get_attribute("href") or ""
    clients.approve(asked.rpartition("/")[2])
    [key] = clients.get(f"/clients/{client_id}")["jwks"]["keys"]
    assert key["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def test_the_log_of_a_client_says_what_changed(page_as: Opener, clients: Clients) -> None:
    """A limit of 0 is none, one that is absent is the default, a list has what differs, and a secret is named."""
    client_id = clients.registered()
    clients.secret(client_id)
    added = clients.send("POST", f"/clients/{client_id}/secrets", {"old_expires_in": 3600}).json["secret_id"]
    wider = {"records_a_day": 0, "scopes": ["registry.search", "registry.status"]}
    asked = clients.send("PATCH", f"/clients/{client_id}", wider, **{"If-Match": "*"})
    clients.approve(asked.json["approval_id"])
    page = page_as("client-manager", f"/console/clients/{client_id}?section=log")
    changed, _, secret, *_ = page.locator("tbody tr").all()
    expect(changed).to_contain_text("approved by Carmen Ortega")
    expect(changed).to_contain_text("Records a day the deployment’s default no limit")
    expect(changed.locator("ins")).to_have_count(2)
    expect(changed).not_to_contain_text("registry.search")
    expect(secret).to_contain_text(f"Secret {added}")
    expect(secret.get_by_role("listitem")).to_contain_text("End of the secret")


def test_a_form_is_left_only_when_that_is_confirmed(visitors: Visitors, clients: Clients) -> None:
    """A link asks first while something is entered; without a change, and after Cancel, it does not."""
    page = visitors.page_as("client-manager", f"/console/clients/{clients.registered()}")
    answers: list[bool] = []
    page.on("dialog", lambda dialog: dialog.accept() if answers.pop() else dialog.dismiss())
    edit(page, "Identity")
    page.get_by_label("Sender id").fill("another.example")
    answers.append(False)
    page.get_by_role("link", name="Log", exact=True).click()
    expect(page.get_by_label("Sender id")).to_have_value("another.example")
    answers.append(True)
    page.get_by_role("link", name="Log", exact=True).click()
    expect(page).to_have_url(re.compile("section=log$"))
    page.get_by_role("link", name="Settings").click()
    edit(page, "Identity")
    page.get_by_role("link", name="All clients").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Clients")


def test_nothing_is_lost_when_the_session_ends_in_a_form(visitors: Visitors, clients: Clients) -> None:
    """The form stays while the person signs in again in another window, and is sent after that."""
    client_id = clients.registered()
    page = visitors.page_as("client-manager", f"/console/clients/{client_id}")
    edit(page, "Identity")
    page.get_by_label("Name").fill(f"Renamed {client_id}")
    ended = [True, True]  # of the request, and of the refresh token

    def end_session(route: Route) -> None:
        refuses = route.request.method in {"PATCH", "POST"} and bool(ended) and ended.pop()
        if refuses:
            body = '{"error": "invalid_grant", "errors": [{"code": "err", "message": "ended"}]}'
            return route.fulfill(status=401 if len(ended) else 400, content_type="application/json", body=body)
        return route.continue_()

    page.route(re.compile(rf"/clients/{client_id}$|/openid/token$"), end_session)
    save(page)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Your session has ended")
    with page.context.expect_page() as opened:
        dialog.get_by_role("button", name="Sign in again").click()
    choose_if_asked(opened.value)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Renamed {client_id}")
    assert clients.get(f"/clients/{client_id}")["name"] == f"Renamed {client_id}"


def choose_if_asked(window: Page) -> None:
    """Choose the manager in a window of the provider, unless it has a session and closes at once."""
    try:
        choose(window, "client-manager")
    except Exception:  # noqa: BLE001 - Playwright has no narrower type for a page that closed meanwhile
        assert window.is_closed()
