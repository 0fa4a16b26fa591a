"""`dci audit` by the index: the same answer as by reading whole days, and `dci audit reindex`, which makes it so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from dci_cli.audit.index import IndexedTable
from dci_cli.audit.reindex import days_to_index
from dci_common.aws.dynamodb import Item
from dci_common.runtime import Runtime
from dci_common.timestamps import day, timestamp
from support.audit_stream import audit_items, delete, entries, index, own_audit_table, put

from .conftest import Dci

NOW = datetime.now(UTC).timestamp()
A_DAY = 86_400


def audited(moment: float, number: int = 0, **more: Item) -> Item:
    """Return an audit item of a moment."""
    key = {"pk": {"S": f"DAY#{day(moment)}#0"}, "sk": {"S": f"{timestamp(moment)}#{number:016x}#0"}}
    client = {} if "operator" in more else {"client_id": {"S": "health"}}
    return {**key, **client, "query": {"S": "{}"}, "records": {"SS": ["PERSON#anna", "GROUP#hill"]}, **more}


def withheld(item: Item) -> Item:
    """Return the item that says that the records of another were not sent."""
    kept = {name: item[name] for name in ("pk", "client_id", "records")}
    return {**kept, "sk": {"S": f"{item['sk']['S']}#withheld"}, "withheld": {"BOOL": True}}


@pytest.fixture
def table(engine: None) -> Iterator[Runtime]:  # noqa: ARG001 - must be running
    """Return a runtime with a table: two disclosures and a change of long ago, two on the days of the stream."""
    with own_audit_table() as runtime:
        long_ago = NOW - 40 * A_DAY
        change = {"operator": {"S": "local:amina"}, "command": {"S": "put"}}
        unsent = audited(long_ago, 2)
        items = [audited(long_ago, 1), unsent, withheld(unsent), audited(long_ago, 3, **change)]
        for item in (*items, audited(NOW), audited(NOW + 2 * A_DAY)):
            put(runtime, item)
        yield runtime


@pytest.fixture
def shown(table: Runtime, dci: Dci) -> Any:
    """Return what returns the records that are printed as JSON about a person, and what is said besides."""

    def show(*subject: str) -> tuple[list[dict[str, Any]], str]:
        period = ("--since", str(day(NOW - 41 * A_DAY)), "--until", str(day(NOW + 3 * A_DAY)))
        done = dci("audit", *subject, *period, "--table", table.settings.audit_table, "--json")
        assert done.status == 0, done.err
        return json.loads(done.out), done.err

    return show


ANNA = ("--person", "anna")


def moments(found: list[dict[str, Any]]) -> list[str]:
    """Return the days of records."""
    return [str(record["moment"])[:10] for record in found]


def test_days_that_are_not_indexed_are_read_completely_and_named(table: Runtime, shown: Any) -> None:
    """Days until that of the stream are read as they were before; what came later is found by the index alone."""
    found, said = shown(*ANNA)
    long_ago, today = str(day(NOW - 40 * A_DAY)), str(day(NOW))
    assert moments(found) == [long_ago, long_ago, today]
    assert f"42 days from {day(NOW - 41 * A_DAY)} to {today} are not in the index" in said
    index(table)
    found, _ = shown(*ANNA)
    assert moments(found) == [long_ago, long_ago, today, str(day(NOW + 2 * A_DAY))]


def test_a_reindexed_table_has_the_same_answer(table: Runtime, shown: Any, dci: Dci) -> None:
    """After reindex nothing is read completely, and the records are those of before, as a whole."""
    index(table, [item for item in audit_items(table) if item["sk"]["S"] > timestamp(NOW + A_DAY)])
    before, _ = shown(*ANNA)
    since = str(day(NOW - 41 * A_DAY))
    name = ("--table", table.settings.audit_table)
    done = dci("audit", "reindex", "--since", since, *name)
    assert done.out.splitlines() == [
        f"{day(NOW)}: 2 entries",
        f"{day(NOW - 40 * A_DAY)}: 8 entries",
        "42 days were indexed, with 10 entries.",
    ]
    assert shown(*ANNA) == (before, CLIENTS)
    assert shown("--group", "hill")[0] == before
    with_changes, said = shown("--changes")
    assert (len(with_changes), said) == (1, "")
    assert len(shown("--client", "health")[0]) == 4  # the withheld one is shown, without its records


CLIENTS = "Clients are shown by their ids: give --clients-table or CLIENTS_TABLE for names.\n"


def test_reindex_goes_on_and_repeats_nothing(table: Runtime, shown: Any, dci: Dci) -> None:
    """Days that were indexed are passed over, unless they are to be indexed again."""
    name = ("--table", table.settings.audit_table)
    assert dci("audit", "reindex", *name).out == f"{day(NOW)}: 2 entries\n1 days were indexed, with 2 entries.\n"
    assert dci("audit", "reindex", *name).out == "0 days were indexed, with 0 entries.\n"
    [entry] = entries(table, "PERSON#anna")
    delete(table, entry)
    lost, _ = shown(*ANNA)
    assert dci("audit", "reindex", "--again", "--day", str(day(NOW)), *name).out.startswith(f"{day(NOW)}: 2 entries")
    assert len(shown(*ANNA)[0]) == len(lost) + 1


def test_an_item_that_has_expired_is_shown_as_the_index_has_it(table: Runtime, shown: Any) -> None:
    """An entry that outlives its item by hours still says who saw the person, without the query."""
    index(table)
    delete(table, audited(NOW + 2 * A_DAY))
    found, _ = shown(*ANNA)
    assert (found[-1]["client_id"], "query" in found[-1]) == ("health", False)


def test_nothing_but_the_records_own_entries_is_read(table: Runtime, dci: Dci) -> None:
    """What is indexed takes the state of the index, one query and one read of items, however many days it is."""
    days = ("--since", str(day(NOW + A_DAY)), "--until", str(day(NOW + 90 * A_DAY)))
    index(table)
    asked: list[str] = []

    def called(client: BaseClient, operation: str, request: Any) -> Any:
        asked.append(operation)
        return call(client, operation, request)

    with pytest.MonkeyPatch.context() as patch:
        call = vars(BaseClient)["_make_api_call"]
        patch.setattr(BaseClient, "_make_api_call", called)
        done = dci("audit", *ANNA, *days, "--table", table.settings.audit_table)
    assert "saw" in done.out
    assert asked == ["DescribeTable", "Query", "Query", "BatchGetItem"]


def test_a_stream_that_is_off_is_said(table: Runtime, dci: Dci) -> None:
    """While the stream is off, only days that are over are indexed, and reindex says what that means."""
    name = table.settings.audit_table
    boto3.client("dynamodb").update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    yesterday = str(day(NOW) - timedelta(days=1))
    done = dci("audit", "reindex", "--since", yesterday, "--table", name)
    assert done.out == "1 days were indexed, with 0 entries.\n"
    assert done.err.startswith("The stream of the table is off")
    assert dci("audit", "reindex", "--since", str(day(NOW)), "--table", name).out.startswith("0 days")


def describe_table(patch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Have DescribeTable describe another stream, since moto cannot turn one on again."""
    call = vars(BaseClient)["_make_api_call"]

    def called(client: BaseClient, operation: str, request: Any) -> Any:
        answer = call(client, operation, request)
        if operation == "DescribeTable":
            answer["Table"] |= changes
        return answer

    patch.setattr(BaseClient, "_make_api_call", called)


def test_what_was_recorded_between_two_streams_is_shown(
    table: Runtime, shown: Any, dci: Dci, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day on which a stream was turned on counts as indexed while that stream is on, and not with another."""
    name = ("--table", table.settings.audit_table)
    dci("audit", "reindex", *name)
    before, _ = shown(*ANNA)
    put(table, audited(NOW, 1))  # while the stream was off
    describe_table(monkeypatch, LatestStreamLabel=f"{day(NOW)}T23:59:59.000")
    found, said = shown(*ANNA)
    assert len(found) == len(before) + 1
    assert f"to {day(NOW)} are not in the index" in said
    assert dci("audit", "reindex", *name).out.startswith(f"{day(NOW)}: 4 entries")
    found, said = shown(*ANNA)
    assert len(found) == len(before) + 1
    assert f"to {day(NOW)} are" not in said


def test_a_stream_without_images_indexes_nothing(
    table: Runtime,  # noqa: ARG001 - with items that are not indexed
    shown: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stream that the function cannot index counts as off: whole days are read."""
    describe_table(monkeypatch, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    assert str(day(NOW + 2 * A_DAY)) in moments(shown(*ANNA)[0])


def test_days_that_the_stream_lost_are_indexed_again() -> None:
    """Without a last day, what is indexed again ends today, also after the day on which the stream was turned on."""
    today = datetime.now(UTC).date()
    streamed = today - timedelta(days=100)
    indexed = IndexedTable(
        created=streamed - timedelta(days=1), stream=f"{streamed}T08:00:00.000", reindexed=frozenset()
    )
    yesterday = today - timedelta(days=1)
    assert days_to_index(indexed, yesterday, None, again=True) == [today, yesterday]
    assert days_to_index(indexed, yesterday, None, again=False) == []


def test_the_last_day_of_all_can_be_asked(table: Runtime, dci: Dci) -> None:
    """A period may end with the last date that there is."""
    done = dci("audit", *ANNA, "--day", str(date.max), "--table", table.settings.audit_table)
    assert "Nothing was recorded about the person anna from 9999-12-31" in done.out


@pytest.mark.usefixtures("engine")
def test_again_belongs_to_reindex(dci: Dci) -> None:
    """--again without reindex is rejected."""
    assert dci("audit", *ANNA, "--table", "dci-audit", "--again").problem == "--again belongs to reindex."
