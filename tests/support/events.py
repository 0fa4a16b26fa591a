"""The event bank in events/, and changes to it."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Event = dict[str, Any]


@cache
def _stored(name: str) -> str:
    return (ROOT / "events" / f"{name}.json").read_text()


def event(name: str, *, body: object = None, token: str | None = None, **headers: str) -> Event:
    """Return an event of the bank; `body` replaces its body (an object as JSON), `token` its bearer token.

    Further keywords are headers, `_` for `-`; an empty one takes the header away.
    """
    made: Event = copy.deepcopy(json.loads(_stored(name)))
    if body is not None:
        made |= {"body": body if isinstance(body, str) else json.dumps(body), "isBase64Encoded": False}
    if token is not None:
        made["headers"]["authorization"] = f"Bearer {token}"
    for header, value in headers.items():
        made["headers"][header.replace("_", "-")] = value
    if "headers" in made:
        made["headers"] = {header: value for header, value in made["headers"].items() if value}
    return made


def http_events() -> dict[str, Event]:
    """Return the events of the bank that are HTTP requests, by name; the others come from queues and schedules."""
    bank = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "events").glob("*.json"))}
    return {name: sent for name, sent in bank.items() if "routeKey" in sent}


def body_of(name: str) -> Any:
    """Return the JSON body of an event of the bank."""
    return json.loads(json.loads(_stored(name))["body"])
