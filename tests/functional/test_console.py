"""/console/: files for browsers, the console's configuration, and headers that keep a page to itself."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from dci_console.app import create_app
from support.api import Api, Reply
from support.events import ROOT, event

CONSOLE = ROOT / "console"
PEOPLE = {
    "operator_issuer": "https://accounts.example.org/realms/a",
    "operator_groups_claim": "groups",
    "console_application": "console",
}


@pytest.fixture
def console(new_api: Callable[..., Api]) -> Api:
    """Return an API with a console."""
    return new_api(**PEOPLE)


def get(api: Api, path: str, method: str = "GET", **headers: str) -> Reply:
    """Ask for a path below /console/."""
    sent = event("console_file", **headers)
    sent["rawPath"] = sent["requestContext"]["http"]["path"] = f"/console/{path}"
    sent["pathParameters"] = {"proxy": path}
    sent["requestContext"]["http"]["method"] = method
    return api.send(sent)


def test_every_file_is_served_as_it_is(console: Api) -> None:
    """Each file of the console is sent compressed, with its type and a tag of its own."""
    every = [path.relative_to(CONSOLE).as_posix() for path in CONSOLE.rglob("*") if path.is_file()]
    files = [name for name in every if name != "index.html" and not name.startswith("docs/")]
    types = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
             ".json": "application/json", ".html": "text/html; charset=utf-8"}  # fmt: skip
    tags = set()
    for name in files:
        reply = get(console, name)
        assert (reply.status, reply.content) == (200, (CONSOLE / name).read_bytes())
        assert reply.headers["Content-Type"] == types.get(Path(name).suffix, "text/plain; charset=utf-8")
        assert (reply.headers["Content-Encoding"], reply.headers["Vary"]) == ("gzip", "Accept-Encoding")
        tags.add(reply.headers["ETag"])
    assert len(tags) == len(files) > 10


def test_a_page_of_any_address_is_the_index(console: Api) -> None:
    """A deep link, also with full stops in its ids, gets the page that reads the address; so does `/console`."""
    home = console.send(event("console_home"))
    assert (home.status, home.content) == (200, (CONSOLE / "index.html").read_bytes())
    for path in ("clients", "clients/5f1c", "records/person/P.1", "no/such/page", "clients/"):
        assert get(console, path).content == home.content
    for route in ("ANY /console", "ANY /console/{proxy+}"):
        assert console.send(home.event | {"routeKey": route}).content == home.content
    assert console.send(event("console_bare")).content == home.content


def test_a_file_has_one_address(console: Api) -> None:
    """What is at /docs/ is not served below /console/ too, and neither page is served by the name of its file."""
    moved = {"index.html": "/console/", "docs/index.html": "/docs/", "docs/docs.css": "/docs/docs.css"}
    for path, address in moved.items():
        reply = get(console, path)
        assert (reply.status, reply.headers["Location"]) == (308, address)
    assert get(console, "docs/none.css").status == 404


def test_a_browser_that_has_a_file_gets_no_content(console: Api) -> None:
    """With the tag of the file the answer is 304; libraries, whose folders have versions, are not asked for again."""
    first = get(console, "app.js")
    assert first.headers["Cache-Control"] == "no-cache"
    for tags in (first.headers["ETag"], f'"other", {first.headers["ETag"]}', "*"):
        again = get(console, "app.js", if_none_match=tags)
        assert (again.status, again.text, again.headers["ETag"]) == (304, "", first.headers["ETag"])
    assert get(console, "app.js", if_none_match='"other"').status == 200
    library = next(CONSOLE.glob("vendor/lit-html-*/lit-html.js")).relative_to(CONSOLE).as_posix()
    assert get(console, library).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert get(console, "vendor/VERSIONS.json").headers["Cache-Control"] == "no-cache"


def test_a_request_without_gzip_gets_none(console: Api) -> None:
    """Without gzip among what is accepted, the file is sent as it is."""
    for accepted in ("", "identity", "br, gzip;q=0"):
        reply = get(console, "app.js", accept_encoding=accepted)
        assert "Content-Encoding" not in reply.headers
        assert base64.b64decode(reply.text) == (CONSOLE / "app.js").read_bytes()
    assert get(console, "app.js", accept_encoding="br;q=1, GZIP;q=0.5").headers["Content-Encoding"] == "gzip"


def test_what_is_no_file_is_not_found(console: Api) -> None:
    """A file that there is not, and a path out of the folder, are answered with 404, and other methods with 405."""
    for path in ("no.js", "vendor/none", "../template.yaml.js", "pages/../../pyproject.json", "app.js/", "//app.js"):
        reply = get(console, path)
        assert reply.status == 404 or reply.content == (CONSOLE / "index.html").read_bytes()
    assert get(console, "no.js").code == "err.request.not_found"
    for path in ("app.js", "clients", "config.json"):
        reply = get(console, path, "POST")
        assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")
        assert get(console, path, "HEAD").status == 200


def test_the_configuration_is_the_deployments(console: Api, new_api: Callable[..., Api]) -> None:
    """The console is given its provider, and nothing secret; it asks again each time."""
    reply = get(console, "config.json")
    assert reply.json == {
        "issuer": "https://accounts.example.org/realms/a",
        "client_id": "console",
        "scopes": "openid",
        "resource": "",
        "groups_claim": "groups",
    }
    assert reply.headers["Cache-Control"] == "no-store"
    given = new_api(**PEOPLE, console_scopes="openid api", console_resource="urn:dci")
    assert get(given, "config.json").json.items() >= {"scopes": "openid api", "resource": "urn:dci"}.items()


def test_without_a_provider_there_is_no_console(new_api: Callable[..., Api]) -> None:
    """A page says why, and what to set; the same where the console is not registered at the provider."""
    for settings in ({}, {**PEOPLE, "console_application": ""}):
        api = new_api(**settings)
        for reply in (api.send(event("console_home")), get(api, "clients")):
            assert reply.status == 200
            assert "ConsoleApplication" in reply.text
            assert "<script" not in reply.text
        assert get(api, "config.json").json["client_id"] == ""


def test_a_page_may_do_nothing_but_its_work(console: Api, new_api: Callable[..., Api]) -> None:
    """Its policy allows its own files, its API and the provider; nobody may frame it, and it sends no referrer."""
    headers = [get(console, path).headers for path in ("", "app.js", "clients", "no.js", "config.json")]
    for one in headers:
        policy = dict(part.strip().partition(" ")[::2] for part in one["Content-Security-Policy"].split(";"))
        assert policy == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self' data:",
            "connect-src": "'self' https://accounts.example.org",
            "form-action": "'none'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
            "require-trusted-types-for": "'script'",
            "trusted-types": "lit-html",
        }
        assert one["X-Frame-Options"] == "DENY"
        assert one["Referrer-Policy"] == "no-referrer"
        assert one["X-Content-Type-Options"] == "nosniff"
        assert one["Cross-Origin-Opener-Policy"] == one["Cross-Origin-Resource-Policy"] == "same-origin"
    pool = new_api(**PEOPLE, console_origin="https://dci.auth.eu-west-1.amazoncognito.com")
    sent = get(pool, "").headers["Content-Security-Policy"]
    assert "connect-src 'self' https://accounts.example.org https://dci.auth.eu-west-1.amazoncognito.com;" in sent


def test_packaged_files_are_read_once(console: Api, tmp_path: Path) -> None:
    """A file that is compressed beforehand is sent as it is; of a checkout, a change is seen at the next request."""
    (tmp_path / "index.html").write_text("one")
    (tmp_path / "styles.css.gz").write_bytes(gzip.compress(b"two", mtime=0))
    app = create_app(console.runtime, tmp_path)
    assert gzip.decompress(base64.b64decode(app(event("console_file"), None)["body"])) == b"two"
    (tmp_path / "index.html").write_text("three")
    assert gzip.decompress(base64.b64decode(app(event("console_home"), None)["body"])) == b"three"
