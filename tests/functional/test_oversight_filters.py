"""The filters of the audit of a period, and of the administration log: by whom, what, of which client, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dci_common.clients.items import log_item
from dci_common.clients.log import LogEntry
from dci_common.timestamps import timestamp
from support.api import START, Api
from support.call_trace import aws_calls
from support.operator_provider import AUDIENCE, OpenIdProvider
from support.oversight import Oversight, disclosed, withhold

HEALTH, FOOD = "5b0c6a52-9d1e-4f0b-8f6e-1c2d3e4f5a6b", "0c6a525b-9d1e-4f0b-8f6e-1c2d3e4f5a6b"
BEN = "https://id.example.org#ben"
DAY = 86_400


@pytest.fixture
def audited(oversight: Oversight) -> Oversight:
    """Return an oversight of a disclosure, one that was withheld, looks of two people, and a change."""
    runtime = oversight.runtime
    disclosed(runtime, START - 100, 1, "PERSON#a", client_id=oversight.api.partner_id, route={"S": "sync/search"})
    withhold(runtime, disclosed(runtime, START - 99, 2, "PERSON#b", client_id="food", route={"S": "sync/search"}))
    looked: dict[str, Any] = {
        "operator": {"S": BEN},
        "operator_name": {"S": "Ben Hur"},
        "route": {"S": "records/person"},
    }
    disclosed(runtime, START - 98, 3, "PERSON#a", **looked)
    disclosed(runtime, START - 97, 4, **{**looked, "route": {"S": "usage"}, "operator_name": {"S": "Zo\u200cë"}})
    disclosed(runtime, START - 96, 5, "PERSON#a", operator={"S": "arn:aws:iam::1:user/ben"}, command={"S": "put"})
    return oversight


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kind": "disclosure"}, {"saw": 1, "withheld": 1}),
        ({"kind": "look", "operator": "BEN h"}, {"saw": 1}),
        ({"kind": "look", "operator": "zO\u00cb"}, {"saw": 1}),
        ({"operator": "ben"}, {"saw": 2, "put": 1}),
        ({"kind": "change"}, {"put": 1}),
        ({"route": "records/person"}, {"saw": 1}),
        ({"route": "sync/search"}, {}),
        ({"client_id": "own", "kind": "look"}, {}),
        ({"client_id": "own"}, {"saw": 1}),
    ],
    ids=str,
)
def test_a_period_of_the_audit_is_filtered(audited: Oversight, asked: dict[str, str], found: dict[str, int]) -> None:
    """Each filter selects alone and with others; what was withheld stays marked so."""
    if asked.get("client_id") == "own":
        asked = {**asked, "client_id": audited.api.partner_id}
    until = timestamp(START - 90)[:19]
    pages = audited.pages("audit", "entries", limit=1, since="2026-02-26", until=until, **asked)
    did = [entry["did"] for page in pages for entry in page]
    assert {act: did.count(act) for act in did} == found


def logged(oversight: Oversight, number: int, **members: Any) -> LogEntry:
    """Put an entry into the log, so many seconds before now."""
    at = timestamp(START - number)
    entry = LogEntry(**{"client_id": HEALTH, "at": at, "by": BEN, "act": "updated", "version": number, **members})
    runtime = oversight.runtime
    runtime.dynamodb.put_item(TableName=runtime.settings.clients_table, Item=log_item(entry))
    return entry


def versions(oversight: Oversight, limit: int = 2, **query: Any) -> list[int]:
    """Return the versions of the entries on all pages of the log of January, all of which are of the tests."""
    asked = {"since": "2026-01-01", "until": "2026-01-31", "limit": limit, **query}
    pages = oversight.pages("administration_log", "entries", **asked)
    return [entry.get("version", 0) for page in pages for entry in page]


@pytest.fixture
def administration(own_api: Callable[..., Api], provider: OpenIdProvider) -> Oversight:
    """Return an oversight of a deployment with a log of its own."""
    return Oversight(own_api(operator_issuer=provider.issuer, operator_audience=AUDIENCE), provider)


@pytest.fixture
def administered(administration: Oversight) -> Oversight:
    """Return an oversight of six entries in January: of two clients, an operator and keys, by three authors."""
    day = 40 * DAY
    logged(administration, day)
    logged(administration, day + 1, by="operator", act="created")
    logged(administration, day + 2, client_id=FOOD, by=HEALTH, by_name="Health")
    logged(
        administration,
        day + 3,
        by_name="Ben Hur",
        approved_by="https://id.example.org#zoe",
        approved_by_name="Zo\u200c\u00eb",
    )
    logged(administration, day + 4, client_id=BEN, act="operator_disabled", by="operator")
    logged(administration, day + 5, client_id="keys#tokens", act="rotate_asked")
    return administration


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"client_id": HEALTH}, [0, 1, 3]),
        ({"client_id": HEALTH, "act": "updated"}, [0, 3]),
        ({"client_id": FOOD, "by": "operator"}, []),
        ({"kind": "operator"}, [4]),
        ({"kind": "client", "act": "updated"}, [0, 2, 3]),
        ({"by": "zO\u00cb"}, [3]),
        ({"by": "#BEN"}, [0, 3, 5]),
        ({"by": "health"}, [2]),
        ({"until": timestamp(START - 40 * DAY - 2)[:19]}, [2, 3, 4, 5]),
        ({"since": timestamp(START - 40 * DAY - 1)[:19]}, [0, 1]),
        ({"client_id": HEALTH, "since": timestamp(START - 40 * DAY - 1)[:19]}, [0, 1]),
        ({"since": "2025-01-01", "until": "2025-12-31"}, []),
    ],
    ids=str,
)
def test_the_administration_log_is_filtered(administered: Oversight, asked: dict[str, str], found: list[int]) -> None:
    """Pages of any size have what the filters select, each once and in order; an author is found by id or name."""
    expected = [0 if number in {4, 5} else 40 * DAY + number for number in found]
    for limit in (1, 2, 100):
        assert versions(administered, limit, **asked) == expected


def test_a_page_of_the_log_looks_at_a_bounded_number_of_entries(administration: Oversight) -> None:
    """Where nearly nothing is selected, a page costs ten reads of the index, and the next one goes on from there."""
    for number in range(1010):
        logged(administration, 40 * DAY + number, act="created" if number == 1005 else "updated")
    asked = {"act": "created", "since": "2026-01-01", "until": "2026-01-31"}
    administration.ask("administration_log")
    with aws_calls(administration.runtime) as calls:
        first = administration.ask("administration_log", **asked).json
    assert (first["entries"], sum(call.startswith("Query") for call in calls)) == ([], 10)
    second = administration.ask("administration_log", **asked, next=first["next"]).json
    assert [entry["act"] for entry in second["entries"]] == ["created"]
    assert "next" not in second


def test_a_page_of_a_filtered_log_begins_within_it(administered: Oversight) -> None:
    """A `next` of another client's log, of the whole log, or outside the period, is rejected."""
    january: dict[str, Any] = {"since": "2026-01-01", "until": "2026-01-31", "limit": 1}
    of_health = administered.ask("administration_log", client_id=HEALTH, **january).json["next"]
    of_all = administered.ask("administration_log", **january).json["next"]
    assert administered.ask("administration_log", client_id=HEALTH, next=of_health, **january).status == 200
    elsewhere: tuple[dict[str, Any], ...] = (
        {"client_id": FOOD, "next": of_health},
        {"next": of_health},
        {"client_id": HEALTH, "next": of_all},
        {"next": of_all, "since": "2026-02-01"},
        {"client_id": HEALTH, "next": of_health, "until": "2025-12-31"},
    )
    for asked in elsewhere:
        assert administered.ask("administration_log", **asked).status == 400, asked
