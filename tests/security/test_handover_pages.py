"""Attacks on the page of a handover: markup in names and fields, frames, foreign scripts, previews of the link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from support.admin_client import Admin
from support.call_trace import aws_calls
from support.events import event
from support.handover_officer import WRONG, Officer, handed_over, listed
from support.lost_answers import functions_lose

if TYPE_CHECKING:
    from support.api import Api
    from support.logs import Logs


def client_of(admin: Admin, **changes: Any) -> str:
    """Return the id of a new client."""
    return str(admin.create(**changes).json["client_id"])


def test_the_name_of_a_client_is_text(api: Api) -> None:
    """Whatever a client is called, the page has no other markup, and before the code is right it has no name."""
    admin = Admin(api)
    name = f"<script src=//evil.example></script>\"'&{admin.client.client_id}"
    owner = client_of(admin, name=name)
    officer = handed_over(admin, owner)
    for reply in (officer.submit(WRONG), officer.send(WRONG)):
        assert admin.client.client_id not in reply.text
        assert owner not in reply.text
    page = officer.submit()
    assert page.status == 200
    assert "<dd><code>&lt;script src=//evil.example&gt;&lt;/script&gt;&quot;&#x27;&amp;" in page.text
    assert page.text.count("<script") == 1


def test_nothing_that_is_sent_is_repeated(api: Api) -> None:
    """No field of the form comes back, whatever is in it: neither markup nor the link."""
    attack = '"><script>alert(1)</script>'
    reply = Officer(api, f"x#{attack}", attack).submit()
    assert "alert(1)" not in reply.text
    admin = Admin(api)
    officer = handed_over(admin, client_of(admin))
    reply = officer.submit(WRONG)
    assert (reply.status, officer.link.rpartition("#")[2] in reply.text) == (403, False)


def test_no_page_is_framed_kept_or_referred_to(api: Api) -> None:
    """Page, script and answers forbid frames, caches, referrers and any script but their own."""
    admin = Admin(api)
    officer = handed_over(admin, client_of(admin))
    replies = [api.send(event(name)) for name in ("handover_page", "handover_script")]
    replies += [officer.submit(WRONG), officer.submit(), Officer(api, "x", "x").submit()]
    for reply in replies:
        policy = reply.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r" on\w+=| style=|<script>", "".join(reply.text for reply in replies))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site", "origin": "null"},
        {"sec_fetch_site": "same-site", "origin": "https://other.example.org"},
        {"sec_fetch_site": "x"},
        {"origin": "https://evil.example"},
        {"origin": "https://registry.example.org.evil.example"},
    ],
    ids=str,
)
def test_a_page_of_another_site_sends_nothing(api: Api, headers: dict[str, str]) -> None:
    """What a foreign page sends is rejected before a try is counted, as a form and as JSON; the link stays open."""
    admin = Admin(api)
    owner = client_of(admin)
    officer = handed_over(admin, owner)
    for reply in (officer.submit(**headers), officer.send(**headers)):
        assert reply.status == 403
        assert "a page of another site" in reply.text
    assert listed(admin, owner)[0]["tries_left"] == 5


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin", "origin": "null"},
        {"sec_fetch_site": "none"},
        {"origin": "null"},
        {"origin": "https://registry.example.org"},
        {},
    ],
    ids=str,
)
def test_the_page_itself_works_in_every_browser(api: Api, headers: dict[str, str]) -> None:
    """Its form is accepted from browsers that say where it comes from, from older ones, and from none."""
    admin = Admin(api)
    assert handed_over(admin, client_of(admin)).submit(**headers).status == 200


def test_a_browser_without_scripts_warns_of_a_second_press(api: Api) -> None:
    """The page says beforehand that the button is pressed once, where no script sees to it."""
    page = api.send(event("handover_page")).text
    assert page.index("<noscript><p>Press the button once") < page.index("<button>")


def test_a_page_without_scripts_has_no_button_that_does_nothing(api: Api) -> None:
    """The button that copies the secret is hidden until the script shows it."""
    admin = Admin(api)
    assert '<button type="button" hidden>Copy' in handed_over(admin, client_of(admin)).submit().text


def test_opening_a_link_uses_nothing_up(api: Api) -> None:
    """Previews and scanners may open the page as often as they like: AWS is not even asked."""
    with aws_calls(api.runtime) as calls:
        for name in ("handover_page", "handover_script"):
            assert api.send(event(name)).status == 200
        sent = event("handover_page")
        sent["requestContext"]["http"]["method"] = "HEAD"
        assert api.send(sent).status == 405
    assert calls == []


def test_a_page_of_a_failure_is_logged(api: Api, logs: Logs) -> None:
    """What fails in AWS is logged where a page is the answer as where JSON is, so that operators see why."""
    admin = Admin(api)
    officer = handed_over(admin, client_of(admin))
    failures = []
    for send in (officer.send, officer.submit):
        logs.lines.clear()
        with functions_lose(api, 0):
            assert send().status == 503
        failures.append([entry["exception_type"] for entry in logs.entries() if entry["level"] == "ERROR"])
    assert failures == [["ConnectionClosedError"]] * 2
