"""`/docs/`: its files, the way to it from `/`, and headers that keep the page to this origin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dci_cli.openapi.postman import collection
from support.api import Api, Reply
from support.events import ROOT, event

FOLDER = ROOT / "console" / "docs"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def get(api: Api, path: str) -> Reply:
    """Ask for a path below /docs/."""
    sent = event("docs_file")
    sent["rawPath"] = sent["requestContext"]["http"]["path"] = f"/docs/{path}"
    sent["pathParameters"] = {"proxy": path}
    return api.send(sent)


def test_the_page_is_served_without_a_provider(shared_api: Api) -> None:
    """Where nobody can sign in to the console, the page and each of its files are there all the same."""
    home = shared_api.send(event("docs_home"))
    assert (home.status, home.content) == (200, (FOLDER / "index.html").read_bytes())
    for path in FOLDER.iterdir():
        if path.name == "index.html":
            continue
        reply = get(shared_api, path.name)
        assert (reply.status, reply.content) == (200, path.read_bytes())
    assert get(shared_api, "postman.json").json == collection()
    assert shared_api.send(event("docs_bare")).content == home.content
    redirect = get(shared_api, "index.html")
    assert (redirect.status, redirect.headers["Location"]) == (308, "/docs/")


def test_the_page_is_kept_to_itself(new_api: Callable[..., Api]) -> None:
    """Neither a script nor a style of another origin, or in the page, is allowed, and no request elsewhere."""
    for api in (new_api(), new_api(operator_issuer="https://accounts.example.org", console_application="console")):
        for name in ("docs_home", "docs_file", "docs_bare", "root"):
            headers = api.send(event(name)).headers
            assert headers["Content-Security-Policy"] == POLICY
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_other_file_is_there(shared_api: Api) -> None:
    """Names that lead out of the folder, or to nothing, are 404 in the form of all errors."""
    for path in (
        "no.js",
        "../index.html",
        "../../template.yaml",
        "%2e%2e/app.js",
        "docs.js/",
        "/etc/passwd",
        "vendor",
    ):
        reply = get(shared_api, path)
        assert (reply.status, reply.code) == (404, "err.request.not_found")


def test_browsers_are_led_to_the_page_and_programs_are_not(shared_api: Api) -> None:
    """`/` redirects a request for HTML; any other gets the 404 of an unknown path."""

    def root(accept: str, **http: Any) -> Reply:
        sent = event("root", accept=accept)
        sent["requestContext"]["http"] |= http
        return shared_api.send(sent)

    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
    for accept in ("text/html", browser, "application/json, TEXT/HTML ; q=0.5"):
        reply = root(accept)
        assert (reply.status, reply.headers["Location"], reply.headers["Vary"]) == (302, "/docs/", "Accept")
    unknown = shared_api.send(event("unknown")).json
    for accept in ("", "*/*", "application/json", "text/*", "text/html;q=0", "text/htmlx"):
        reply = root(accept)
        assert (reply.status, reply.json["errors"]) == (404, unknown["errors"])
    assert root("text/html", method="POST").status == 405
