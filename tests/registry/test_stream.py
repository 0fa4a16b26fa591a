"""Changes of records, as the streams of both engines report them."""

from __future__ import annotations

import bz2
import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dci_changes.stream import StreamRecord, abridged, changed_record
from dci_cli.local import moto_stream
from dci_cli.local.stream_reader import MAX_BATCH, MotoReader, ShardReader, StreamReader
from dci_common.registry.errors import WriteRefused
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Identifier, Membership, Person
from dci_common.subscriptions.changed_record import ChangedRecord
from support.events import event
from support.registries import turn_on_stream
from support.registry_harness import Registry, unstamped

ANNA = Person(id="anna", identifiers=(Identifier(identifier_type="UIN", identifier_value="1"),))
RENAMED = ANNA.model_copy(update={"birth_place": "Mto Wa Mbu"})
NAMESAKE = Person(id="other", identifiers=ANNA.identifiers)
Read = Callable[[], list[ChangedRecord]]


def read_all(reader: StreamReader) -> list[StreamRecord]:
    """Read to the end."""
    found: list[StreamRecord] = []
    while records := reader.read():
        assert len(records) <= MAX_BATCH
        found += records
        reader.confirm()
    return found


def changes_of(records: list[StreamRecord]) -> list[ChangedRecord]:
    """Return the changes that records of a stream report, and check that a queue would report the same."""
    found = [changed_record(record) for record in records]
    queued = [changed_record(abridged(record)) for record in records]
    assert queued == found
    return [one for one in found if one]


@pytest.fixture(scope="module", params=["moto", pytest.param("dynamodb-local", marks=pytest.mark.dynamodb_local)])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Return the engine, of which the second runs until the end of the module."""
    return str(request.param)


@pytest.fixture
def place(engine_name: str, request: pytest.FixtureRequest) -> Iterator[tuple[Registry, StreamReader]]:
    """Return an empty registry, and a reader of its stream."""
    if engine_name == "moto":
        if os.environ.get("DCI_TEST_ENGINE") == "dynamodb-local":
            pytest.skip("the tests' tables are in DynamoDB Local")
        with moto_stream.listening() as records:
            registry = request.getfixturevalue("registry")
            turn_on_stream(registry.table)
            yield registry, MotoReader(records)
    else:
        registry = request.getfixturevalue("local_registry")
        turn_on_stream(registry.table)
        registry.clear()
        yield registry, ShardReader(registry.runtime, registry.runtime.settings.registry_table)


@pytest.fixture
def registry_(place: tuple[Registry, StreamReader]) -> Registry:
    """Return the registry."""
    read_all(place[1])  # what has made it empty
    return place[0]


@pytest.fixture
def read(place: tuple[Registry, StreamReader], registry_: Registry) -> Read:  # noqa: ARG001 - it is made first
    """Return what returns the changes since it was called before."""
    return lambda: changes_of(read_all(place[1]))


def test_a_record_is_seen_before_and_after_each_write(registry_: Registry, read: Read) -> None:
    """A record that is made, changed and deleted is three changes, in this order, on the day of the writes."""
    registry_.put(ANNA)
    first = registry_.view(Kind.PERSON, "anna")
    registry_.put(RENAMED)
    second = registry_.view(Kind.PERSON, "anna")
    registry_.writer.delete(Kind.PERSON, "anna")
    found = read()
    assert [(one.kind, one.id, one.before, one.after) for one in found] == [
        (Kind.PERSON, "anna", None, first),
        (Kind.PERSON, "anna", first, second),
        (Kind.PERSON, "anna", second, None),
    ]
    assert [len(one.sequence) for one in found] == [40, 40, 40]
    assert sorted(one.sequence for one in found) == [one.sequence for one in found]
    today = datetime.now(UTC).date()
    assert all(abs((one.day - today).days) <= 1 and not one.is_quiet for one in found)


def test_a_member_changes_its_group(registry_: Registry, read: Read) -> None:
    """A membership is a change of the person and of the group, whose views have each other, and nothing else is."""
    registry_.put(ANNA, Group(id="hill"))
    read()
    registry_.put(Membership(person_id="anna", group_id="hill"))
    found = {one.kind: one for one in read()}
    assert found.keys() == {Kind.PERSON, Kind.GROUP}
    assert [member["id"] for member in (found[Kind.GROUP].after or {})["members"]] == ["anna"]
    assert [group["id"] for group in (found[Kind.PERSON].after or {})["households"]] == ["hill"]
    assert unstamped(found[Kind.GROUP].before) == {"id": "hill", "members": []}


def test_a_write_that_changes_no_record_is_no_change(registry_: Registry, read: Read) -> None:
    """Neither the same items again, nor other versions and index attributes, are changes."""
    registry_.put(ANNA)
    read()
    items = [item for item in registry_.items().values() if item["sk"]["S"] == "RECORD" and "body" in item]
    registry_.write(items)
    registry_.write({**item, "version": {"N": "7"}, "x01": {"S": "other"}} for item in items)
    assert read() == []


def test_a_write_that_is_refused_is_no_change(registry_: Registry, read: Read) -> None:
    """A transaction that is cancelled is not reported, and the writes after it are."""
    registry_.put(ANNA)
    read()
    with pytest.raises(WriteRefused):
        registry_.put(NAMESAKE)
    registry_.put(RENAMED)
    assert [one.id for one in read()] == ["anna"]


def marked(**images: Any) -> StreamRecord:
    """Return the record of a write of which attributes are changed in its images."""
    [record] = event("changes")["Records"]
    for name, attributes in images.items():
        if attributes is None:
            del record["dynamodb"][name]
        else:
            record["dynamodb"][name] |= attributes
    return dict(record)


def without_nothing(record: StreamRecord) -> StreamRecord:
    """Return a record without the attributes that are None."""
    for image in (record["dynamodb"].get("OldImage", {}), record["dynamodb"].get("NewImage", {})):
        for name in [name for name, value in image.items() if value is None]:
            del image[name]
    return record


def compressed(text: str) -> dict[str, str]:
    """Return an attribute with the body before a long write."""
    return {"S": b64encode(bz2.compress(text.encode())).decode()}


def test_a_long_write_is_one_change_at_its_end() -> None:
    """While a record is pending nothing is reported; at the end the change is from what it was before all of it."""
    pending = {"pending": {"S": "rest"}, "before": compressed('{"id":"before","households":[]}')}
    assert changed_record(marked(NewImage=pending)) is None
    assert changed_record(marked(NewImage=pending, OldImage=pending)) is None
    ended = changed_record(marked(OldImage=pending))
    assert ended
    assert (ended.before, (ended.after or {})["id"]) == ({"id": "before", "households": []}, "p0001")
    deleted = changed_record(marked(OldImage=pending, NewImage=None))
    assert deleted
    assert (deleted.before, deleted.after) == ({"id": "before", "households": []}, None)
    made = changed_record(marked(OldImage={"pending": {"S": "rest"}}))
    assert made
    assert made.before is None


def test_a_long_write_that_ends_as_it_began_is_no_change() -> None:
    """What a record was before a long write is compared with what it is after it."""
    body = marked()["dynamodb"]["NewImage"]["body"]["S"]
    assert changed_record(marked(OldImage={"pending": {"S": "rest"}, "before": compressed(body)})) is None


def test_a_body_that_the_stream_does_not_have_is_not_reported() -> None:
    """Of a body in parts that an earlier version wrote, neither a change nor the compressed body is an event."""
    [made] = event("changes")["Records"]
    image = made["dynamodb"]["NewImage"]
    whole = {"parts": {"N": "2"}, "compressed": compressed(image["body"]["S"])}
    former, now = {"parts": {"N": "2"}, "body": None}, whole | {"body": None}
    for old, new in ((former, now), (former, {}), (now, former), (now, now)):
        assert changed_record(without_nothing(marked(OldImage=old, NewImage=new))) is None
    gone = changed_record(without_nothing(marked(OldImage=now, NewImage=None)))
    assert gone
    assert gone.before == json.loads(image["body"]["S"])


def test_a_quiet_write_says_so() -> None:
    """It is the write that is quiet, so the image after it says so, and a deletion never is."""
    quiet = {"quiet": {"BOOL": True}}
    found = [changed_record(marked(**images)) for images in ({"NewImage": quiet}, {"OldImage": quiet})]
    assert [one and one.is_quiet for one in found] == [True, False]
    deleted = changed_record(marked(OldImage=quiet, NewImage=None))
    assert deleted
    assert not deleted.is_quiet


def sequences(records: list[dict[str, Any]]) -> list[str]:
    """Return the sequence numbers of records; when they were read differs."""
    return [one["dynamodb"]["SequenceNumber"] for one in records]


@pytest.mark.dynamodb_local
def test_a_stream_is_read_from_where_it_was_read_to(local_registry: Registry, tmp_path: Path) -> None:
    """Another reader with the same file goes on; what was read and not confirmed is read again."""
    turn_on_stream(local_registry.table)
    checkpoint = tmp_path / "stream.json"
    local_registry.clear()
    read_all(ShardReader(local_registry.runtime, local_registry.runtime.settings.registry_table, checkpoint))
    local_registry.put(ANNA)
    unconfirmed = ShardReader(
        local_registry.runtime, local_registry.runtime.settings.registry_table, checkpoint
    ).read()
    assert [one.id for one in changes_of(unconfirmed)] == ["anna"]
    assert sequences(
        read_all(ShardReader(local_registry.runtime, local_registry.runtime.settings.registry_table, checkpoint))
    ) == sequences(unconfirmed)
    assert (
        read_all(ShardReader(local_registry.runtime, local_registry.runtime.settings.registry_table, checkpoint))
        == []
    )
    checkpoint.write_text("{")
    again = sequences(
        read_all(ShardReader(local_registry.runtime, local_registry.runtime.settings.registry_table, checkpoint))
    )
    assert again[-len(unconfirmed) :] == sequences(unconfirmed)
