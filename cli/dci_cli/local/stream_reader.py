"""Readers of the streams of tables, in both engines."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import boto3
from botocore.exceptions import ClientError

from dci_common.aws.client import MinimalClient
from dci_common.aws.transport import Endpoint

if TYPE_CHECKING:
    from dci_cli.local.moto_stream import Records
    from dci_common.runtime import Runtime

Record = dict[str, Any]

MAX_BATCH = 100  # as in template.yaml


class StreamReader(Protocol):
    """Reads a stream from where it was read to before."""

    def read(self) -> list[Record]:
        """Return the next records, as Lambda has them; empty if nothing is waiting."""

    def confirm(self) -> None:
        """Record that these were worked on, and need not be read again."""


class Streams(NamedTuple):
    """The readers of the streams of RegistryTable and AuditTable."""

    registry: StreamReader
    audit: StreamReader


class MotoReader:
    """Reads what was written in moto."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def read(self) -> list[Record]:
        """Return the next records."""
        found: list[Record] = []
        with suppress(Empty):
            while len(found) < MAX_BATCH:
                found.append(self._records.get_nowait())
        return found

    def confirm(self) -> None:
        """Do nothing: moto keeps no tables either."""


class ShardReader:
    """Reads the stream of a table in DynamoDB Local, which keeps it for a day, and through a restart.

    `checkpoint` is the file in which it is kept how far each shard was read; without one, all is read again.
    """

    def __init__(self, runtime: Runtime, table: str, checkpoint: Path | None = None) -> None:
        self._checkpoint = checkpoint
        self._clock = runtime.clock
        described = boto3.client("dynamodb").describe_table(TableName=table)
        self._stream = {"StreamArn": described["Table"]["LatestStreamArn"]}
        endpoint = Endpoint.of("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB")
        content_type = "application/x-amz-json-1.0"
        self._client = MinimalClient(endpoint, runtime.retry, "DynamoDBStreams_20120810", content_type, {})
        self._iterators: dict[str, str | None] = {}  # by shard; None where one was read to its end
        self._confirmed: dict[str, str] = _checkpointed(checkpoint)  # the last sequence number by shard
        self._reached = self._confirmed

    def read(self) -> list[Record]:
        """Return the next records of a shard that has any."""
        try:
            return self._next()
        except ClientError:  # an iterator is good for some minutes, and a computer may sleep
            self._iterators.clear()
            return []

    def confirm(self) -> None:
        """Record how far the shards were read."""
        if self._confirmed != self._reached:
            self._confirmed = self._reached
            self._write()

    def pass_over(self) -> None:
        """Confirm all that was written until now."""
        while self.read():
            self._confirmed = self._reached
        self._write()

    def _write(self) -> None:
        if self._checkpoint:
            self._checkpoint.write_text(json.dumps(self._confirmed))

    def _next(self) -> list[Record]:
        shards = self._client.call("DescribeStream", self._stream)["StreamDescription"]["Shards"]
        self._iterators = {name: self._iterators[name] for name in map(_id, shards) if name in self._iterators}
        for shard in shards:
            name, parent = _id(shard), shard.get("ParentShardId", "")
            if name not in self._iterators:
                self._iterators[name] = self._iterator(name)
            iterator = self._iterators[name]
            if iterator is None or self._iterators.get(parent):  # its parent comes first
                continue
            answer = self._client.call("GetRecords", {"ShardIterator": iterator, "Limit": MAX_BATCH})
            self._iterators[name] = answer.get("NextShardIterator")
            if records := answer["Records"]:
                self._reached = {**self._confirmed, name: records[-1]["dynamodb"]["SequenceNumber"]}
                return [self._dated(record) for record in records]
        return []

    def _dated(self, record: Record) -> Record:
        """Return a record as if it was written now: DynamoDB Local knows the minute alone, AWS the second."""
        return {**record, "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": int(self._clock())}}

    def _iterator(self, shard: str) -> str:
        request = {**self._stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        if shard in self._confirmed:
            after = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._confirmed[shard]}
            with suppress(ClientError):  # that record may be trimmed already: then all are newer
                return str(self._client.call("GetShardIterator", request | after)["ShardIterator"])
        return str(self._client.call("GetShardIterator", request)["ShardIterator"])


def _id(shard: dict[str, Any]) -> str:
    return str(shard["ShardId"])


def _checkpointed(checkpoint: Path | None) -> dict[str, str]:
    try:
        return dict(json.loads(checkpoint.read_text())) if checkpoint else {}
    except (OSError, ValueError):
        return {}
