"""The console's sources: libraries as npm has them, and nothing that makes markup or code of a text."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from support.events import ROOT

CONSOLE = ROOT / "console"
VENDOR = CONSOLE / "vendor"
LIBRARIES: list[dict[str, Any]] = json.loads((VENDOR / "VERSIONS.json").read_text())
DATA = {CONSOLE / "docs" / name for name in ("openapi.json", "postman.json")}  # with URLs of examples
OWN = [path for path in CONSOLE.rglob("*") if path.is_file() and VENDOR not in path.parents and path not in DATA]
FIRST_VIEW_BYTES = 150_000


def integrity(path: Path) -> str:
    """Return the digest of a file, as npm and browsers write it."""
    return f"sha512-{base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()}"


def test_libraries_are_what_npm_has() -> None:
    """Every file of a library has the recorded digest, its folder names the version, and its licence is there."""
    recorded = {"VERSIONS.json"}
    for library in LIBRARIES:
        folder = VENDOR / library["folder"]
        assert library["folder"] == f"{library['name']}-{library['version']}"
        assert library["source"] == (
            f"https://registry.npmjs.org/{library['name']}/-/{library['name']}-{library['version']}.tgz"
        )
        assert library["licence"] in {"Apache-2.0", "BSD-3-Clause", "MIT"}
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", library["integrity"])
        assert any(name.startswith("LICENSE") for name in library["files"])
        for name, file in library["files"].items():
            assert integrity(folder / name) == file["integrity"], f"{folder / name} is not npm's"
            recorded.add(f"{library['folder']}/{name}")
    assert recorded == {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}


def test_no_text_becomes_markup_or_code() -> None:
    """No source of our own uses what parses a text as HTML or runs it, nor an inline style, script or handler."""
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|setHTML"
        r"|unsafeHTML|unsafeSVG|unsafe-(?:html|svg|mathml|inline|eval)|\beval\(|new Function|javascript:"
        r"|\sstyle=|\son[a-z]+=[\"'$]|localStorage|document\.cookie|target=[\"']?_blank",
    )
    for path in OWN:
        found = forbidden.search(path.read_text("utf-8"))
        assert found is None, f"{path.relative_to(ROOT)} has {found and found[0]!r}"


def test_nothing_is_loaded_from_elsewhere() -> None:
    """No source names another origin: the provider's comes from the configuration."""
    for path in OWN:
        urls = set(re.findall(r"https?://[^\s\"'`)<]+", path.read_text("utf-8")))
        assert urls <= {"http://www.w3.org/2000/svg"}, path


def test_every_import_is_a_file() -> None:
    """Each module that is imported, and each file that the page names, is there."""
    for path in OWN:
        text = path.read_text("utf-8")
        for name in re.findall(r"(?:from |import\()['\"](\.[^'\"]+)['\"]", text):
            assert (path.parent / name).is_file(), f"{path.name} imports {name}"
        for name in re.findall(r"(?:src|href)=\"/console/([^\"$]+)\"", text):
            assert (CONSOLE / name).is_file(), f"{path.name} names {name}"


def test_the_first_view_is_small() -> None:
    """The page, its style and every module that it loads at once are at most 150 kB as they are sent."""
    loaded, following = set[Path](), [CONSOLE / "index.html", CONSOLE / "app.js", CONSOLE / "styles.css"]
    while following:
        path = following.pop().resolve()
        if path not in loaded:
            loaded.add(path)
            names = re.findall(r"(?:from|import)\s?['\"](\.[^'\"]+)['\"]", path.read_text("utf-8"))
            following += [path.parent / name for name in names]
    pages = max((len(gzip.compress(path.read_bytes())) for path in CONSOLE.glob("pages/*.js")), default=0)
    assert len(loaded) >= 10
    assert sum(len(gzip.compress(path.read_bytes())) for path in loaded) + pages < FIRST_VIEW_BYTES
