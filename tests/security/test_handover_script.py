"""The script of a handover's page, run by node: links that follow one another in a tab, and double clicks."""

from __future__ import annotations

import json
import os
import subprocess
from shutil import which
from typing import Any

import pytest

from support.events import ROOT

_SCRIPT = (ROOT / "functions" / "clients" / "dci_clients" / "handover.js").read_text("utf-8")
_BROWSER = ROOT / "tests" / "support" / "handover_page.mjs"


def browse(page: str, *steps: str) -> dict[str, Any]:
    """Return what the browser has after the steps on a page; `page` is `form` or `answer`."""
    node = which("node")
    if node is None and os.environ.get("DCI_BUILT") != "1":
        pytest.skip("node is missing")
    assert node, "node is missing"
    run = subprocess.run([node, str(_BROWSER), _SCRIPT, page, *steps], capture_output=True, text=True, check=True)
    state: dict[str, Any] = json.loads(run.stdout)
    return state


def test_one_click_or_two_send_one_form() -> None:
    """A second answer would take the place of the secret; the form can be sent again once there can be no answer."""
    assert browse("form", "#token", "submit", "submit")["sent"] == 1
    assert browse("form", "#token", "submit", "wait", "submit")["sent"] == 2
    assert browse("form", "#token", "submit", "pageshow", "submit")["sent"] == 2


def test_the_newest_link_of_a_tab_is_used() -> None:
    """Another link in the tab of a form, a secret or an ended link is taken out of the address, and opened."""
    on_form = browse("form", "#first", "#second")
    assert on_form == {"sent": 0, "loaded": [], "hash": "", "kept": "second", "link": "second", "hidden": True}
    on_answer = browse("answer", "#second")
    assert (on_answer["hash"], on_answer["kept"], on_answer["loaded"]) == ("", "second", ["/handover"])
    assert browse("answer")["kept"] is None
