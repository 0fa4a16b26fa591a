"""Numbers that JSON does not have: Python's parsers accept NaN and Infinity, and read 1e999 as infinite."""

from __future__ import annotations

from typing import Any

import pytest

from support.admin_client import Admin
from support.api import Api, identified
from support.events import event, http_events

NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "-1E+400", "1" * 310 + ".0")
SAID = "a number that JSON does not have"


def sent_with(name: str, number: str, token: str = "") -> Any:
    """Return an event of the bank whose body has a number in a member of its own."""
    body = http_events()[name]["body"]
    assert body.startswith("{")
    found = event(name, token=token) if token else event(name)
    return found | {"body": body[:-1] + f', "more": [{{"x": {number}}}]}}'}


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:9])
def test_no_route_accepts_them(api: Api, number: str) -> None:
    """Every body of JSON with such a number is an error that says so, whoever sends it and whatever the member is."""
    administrator = Admin(api).token
    partner = api.token_of(scopes=("registry.search", "registry.subscribe", "registry.status"))
    sent = {name: one for name, one in http_events().items() if "{prefix}" not in one["routeKey"]}
    names = [name for name, one in sent.items() if str(one.get("body", "")).startswith("{")]
    assert len(names) > 10
    for name in names:
        path = http_events()[name]["rawPath"]
        is_public = path.startswith(("/oauth2", "/handover"))
        token = partner if "/registry/" in path else "" if is_public else administrator
        reply = api.send(sent_with(name, number, token))
        assert (name, reply.status) == (name, 400)
        assert SAID in reply.text, name


def test_what_only_looks_so_is_accepted(api: Api) -> None:
    """The same characters in a text are no number, and neither is a small exponent."""
    purpose = {"purpose": {"text": "NaN Infinity 1e999 " + "1" * 400, "code": 1e-300}}
    assert api.search(identified("UIN", "nobody", consent=purpose)).status == 200
    assert Admin(api).create(name=f"Infinity NaN 1e999 {api.runtime.random_bytes(4).hex()}").status == 201
