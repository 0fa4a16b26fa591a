"""What a client uses: its own of today, and that of all on the days that are kept."""

from __future__ import annotations

from typing import Any

from dci_common.exchange.near_limits import rate_key
from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.timestamps import timestamp
from support.api import identified
from support.oversight import rows
from support.own_clients import Own
from support.stored_exchanges import accepted


def counted(own: Own, client_id: str, *days: tuple[str, int]) -> None:
    """Store what a client received on some days."""
    for date, records in days:
        own.api.runtime.dynamodb.put_item(
            TableName=own.api.runtime.settings.exchange_table,
            Item={**rate_key(client_id, date), "records": {"N": str(records)}},
        )


def usage(own: Own, **query: object) -> list[dict[str, Any]]:
    """Return the rows of /usage."""
    return own.entries("usage", "usage", **query)


def test_what_a_client_uses_today(own: Own) -> None:
    """A client's records and open exchanges stand beside its limits, with when it last used which credential."""
    client, secret = own.api.client(records_a_day=8, open_exchanges=3)
    path = {"client_id": client.client_id}
    assert own.read("client_usage", path).json == {
        "client_id": client.client_id,
        "date": "2026-03-01",
        "records": 0,
        "records_a_day": 8,
        "requests_a_minute": 1_000_000,
        "share": 0.0,
        "open_exchanges": {"used": 0, "most": 3},
        "credentials": [],
    }
    token = own.api.token(client, secret).json["access_token"]
    assert own.api.search(identified("UIN", "847951632"), token=token).status == 200
    accepted(own.api.runtime, client.client_id)
    WorkerPlaces(own.api.runtime).pause(client.client_id)
    [stored] = own.read("secrets_list", path).json["secrets"]
    now = timestamp(own.api.clock())
    shown = own.read("client_usage", path).json
    assert (shown["records"], shown["share"], shown["open_exchanges"]["used"]) == (1, 0.125, 1)
    assert (shown["paused"], shown["last_used"]) == (now, now)
    assert shown["credentials"] == [{"id": stored["secret_id"], "last_used": now}]
    own.api.clock.advance(86_400)
    assert own.read("client_usage", path).json["records"] == 0
    assert own.read("client_usage", {"client_id": "00000000-0000-4000-8000-000000000000"}).status == 404


def test_a_client_without_a_limit_has_no_share(own: Own) -> None:
    """0 is no limit, of which nothing can be a share."""
    client, _ = own.api.client(records_a_day=0)
    shown = own.read("client_usage", {"client_id": client.client_id}).json
    assert (shown["records_a_day"], "share" in shown) == (0, False)


def test_an_unusual_day_is_marked(own: Own) -> None:
    """A day is unusual with 100 records, and more than three times the mean of the known days of the seven before."""
    cases = {
        "A": ([("2026-02-28", 50), ("2026-02-26", 30)], 121, 40.0, 2, True),
        "B": ([("2026-02-28", 50), ("2026-02-26", 30)], 120, 40.0, 2, False),
        "C": ([("2026-02-28", 1)], 99, 1.0, 1, False),
        "D": ([("2026-02-28", 0)], 100, 0.0, 1, True),
        "E": ([("2026-02-21", 5)], 500, None, 0, False),  # eight days before
    }
    for name, (before, today, *_) in cases.items():
        client, _ = own.api.client(name=name)
        counted(own, client.client_id, *before, ("2026-03-01", today))
    found = {row["client"]: row for row in usage(own)}
    for name, (_, today, usual, days, unusual) in cases.items():
        row = found[name]
        assert (row["records"], row.get("usual"), row["known_days"], row["unusual"]) == (today, usual, days, unusual)
    table = rows(own.read("usage", format="csv"))
    assert {row["client"]: row["unusual"] for row in table} == {
        name: str(case[-1]).lower() for name, case in cases.items()
    }


def test_unusual_volume_is_found_among_many_clients(own: Own) -> None:
    """With `unusual`, a page has those clients alone, of up to ten times as many that were looked at."""
    clients = [own.api.client(name=f"Agency {number:02}")[0] for number in range(25)]
    for number in (1, 11, 24):
        counted(own, clients[number].client_id, ("2026-02-28", 300), ("2026-02-27", 50), ("2026-03-01", number))
    counted(own, clients[3].client_id, ("2026-02-28", 120), ("2026-02-27", 90))
    pages, query = [], dict[str, object]({"unusual": "true", "date": "2026-02-28", "limit": 2})
    while True:
        page = own.read("usage", **query).json
        pages.append(([row["client"] for row in page["usage"]], page["looked_at"]))
        if "next" not in page:
            break
        query["next"] = page["next"]
    assert pages == [(["Agency 01"], 2), (["Agency 11"], 10), (["Agency 24"], 13)]
    assert [row["records"] for row in usage(own, unusual="true", days=2)] == [1, 300, 11, 300, 24, 300]
    assert usage(own, unusual="true") == []
    assert own.read("usage", unusual="true", limit=1).json["looked_at"] == 10


def test_the_days_of_a_client(own: Own) -> None:
    """With `client_id` there is a row for each day, the latest first, each beside its own seven days before."""
    client, _ = own.api.client()
    counted(own, client.client_id, ("2026-03-01", 5), ("2026-02-27", 300), ("2026-02-20", 50))
    found = usage(own, client_id=client.client_id, days=4)
    assert [(row["date"], row["records"], row["unusual"]) for row in found] == [
        ("2026-03-01", 5, False),
        ("2026-02-28", 0, False),
        ("2026-02-27", 300, True),
        ("2026-02-26", 0, False),
    ]
    assert len(usage(own, client_id=client.client_id)) == 31


def test_days_are_kept_for_a_month(own: Own) -> None:
    """What is counted can be asked for 31 days later, and not on the day after; nor is any day to come."""
    client, secret = own.api.client()
    token = own.api.token(client, secret).json["access_token"]
    assert own.api.search(identified("UIN", "847951632"), token=token).status == 200
    own.api.clock.advance(31 * 86_400)
    [row] = usage(own, date="2026-03-01")
    assert row["records"] == 1
    item = own.api.runtime.dynamodb.get_item(
        TableName=own.api.runtime.settings.exchange_table, Key=rate_key(client.client_id, "2026-03-01")
    )["Item"]
    assert int(item["expires"]["N"]) > own.api.clock()
    own.api.clock.advance(86_400)
    for query in ({"date": "2026-03-01"}, {"date": "2026-04-03"}, {"date": "today"}):
        assert own.read("usage", **query).status == 400


def test_parameters_that_contradict_each_other_are_rejected(own: Own) -> None:
    """A client's days have no date nor filter, and all clients have seven at most; an unknown client is 404."""
    client_id = own.registered()
    wrong: tuple[dict[str, object], ...] = (
        {"days": 8},
        {"client_id": client_id, "date": "2026-03-01"},
        {"client_id": client_id, "limit": 1},
        {"client_id": client_id, "unusual": "true"},
        {"unusual": "false"},
    )
    numbers: tuple[object, ...] = (0, 32, "1e1", "\u0661", "-1")
    for query in (*wrong, *({"client_id": client_id, "days": days} for days in numbers)):
        assert own.read("usage", **query).status == 400, query
    for unknown in ("00000000-0000-4000-8000-000000000000", "x y", "\u0000"):
        assert own.read("usage", client_id=unknown).status in {400, 404}
