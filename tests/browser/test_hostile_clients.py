"""Texts that clients and partners control, on every page that shows them: they stay text."""

from __future__ import annotations

from uuid import uuid4

from playwright.sync_api import expect

from support.console_browser import Visitors
from support.console_clients import Clients, Partner
from support.console_pages import complete, go
from support.exchanges import receiving

HOSTILE = "<img src=x onerror=alert(1)><svg/onload=alert(2)>\"'><script>alert(3)</script>${alert(4)}{{alert(5)}}"
SECTIONS = ("settings", "secrets", "limits", "callbacks", "subscriptions", "log")


def test_hostile_texts_stay_text(visitors: Visitors, clients: Clients) -> None:
    """Names, sender ids, key ids, credentials and what receivers answer make no element, and run nothing."""
    name = f"{HOSTILE}{uuid4()}"[:200]
    key = {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "kid": "<img/src=x>'\"</code><script>alert(6)</script>",
    }
    partner = Partner.of(clients, name=name, jwks={"keys": [key]})
    path = f"/clients/{partner.client_id}"
    credential = {"auth": "oauth", "token_url": "http://127.0.0.1/%3Cb%3E", "client_id": HOSTILE, "scope": HOSTILE}
    changes = {"sender_id": HOSTILE, "callbacks": {**credential, "secret": "secret"}}
    asked = clients.send("PATCH", path, changes, **{"If-Match": "*"})
    assert asked.status == 202, asked
    with receiving() as receiver:
        receiver.answer = lambda _: (
            200,
            {"message": {"ack_status": "ERR", "error": {"code": HOSTILE, "message": HOSTILE}}},
        )
        partner.comes_to("refused", partner.search(receiver.url))
    clients.approve(asked.json["approval_id"])
    page = visitors.page_as("client-manager", f"/console/clients?name={HOSTILE[:8]}")
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    expect(page.get_by_role("link", name=name)).to_be_visible()
    visited = [f"/console{path}?section={section}" for section in SECTIONS]
    for address in [*visited, f"/console/approvals/{asked.json['approval_id']}"]:
        go(page, address)
        complete(page)
        if "approvals" not in address:
            expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.locator("main :is(img, script, svg)")).to_have_count(0)
    go(page, visited[0])
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text(name)
    expect(page.locator("dialog :is(img, script, svg)")).to_have_count(0)
    assert alerts == []
