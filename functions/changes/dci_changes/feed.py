"""Takes the records of RegistryTable's stream, in batches. A record that fails is queued, and tried again from there.

So one record that cannot be reported holds up no other: a stream is read in order. Only what cannot be queued either
stays in the stream, which tries it again, with all that follows it in its shard.
"""

from __future__ import annotations

import gzip
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from dci_changes.matching import Matching
from dci_changes.stream import abridged, changed_record, sequence_number
from dci_common.deadline import calls_end_by
from dci_common.logs import log_failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dci_changes.stream import StreamRecord
    from dci_common.deadline import Deadline
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.changed_record import ChangedRecord

MAX_MESSAGE = 256 * 1024  # characters: SQS's own limit
_QUEUEING_SECONDS = 10  # what it may take to queue the records of a batch


class RecordTooLarge(Exception):
    """A record that does not fit into a message of the queue."""


class Feed:
    """Reports the changes in a batch. Its methods return the ids of what is to be tried again."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._matching = Matching(runtime)

    def from_stream(self, records: list[StreamRecord], deadline: Deadline) -> list[str]:
        """Report records of the stream, and return the sequence numbers of those that could not be queued either."""
        by_sequence = {sequence_number(record): record for record in records}
        with calls_end_by(deadline.earlier(_QUEUEING_SECONDS)):
            failed = self._process(by_sequence)
        with calls_end_by(deadline):
            return [sequence for sequence in failed if not self._queue(by_sequence[sequence])]

    def from_queue(self, messages: list[dict[str, Any]], deadline: Deadline) -> list[str]:
        """Report records that were queued, and return the ids of the messages of those that failed again."""
        with calls_end_by(deadline):
            return self._process({message["messageId"]: message["body"] for message in messages})

    def _process(self, records: Mapping[str, StreamRecord | str]) -> list[str]:
        """Report records by their ids; in messages they are texts. Return the ids of those that failed."""
        changed: dict[str, ChangedRecord] = {}
        failed = []
        for id_, record in records.items():
            try:
                found = changed_record(_unpacked(record) if isinstance(record, str) else record)
            except Exception as error:  # noqa: BLE001 - it fails alone
                log_failure(error, id_)
                failed.append(id_)
            else:
                if found:
                    changed[id_] = found
        return failed + self._process_each(changed)

    def _process_each(self, changed: Mapping[str, ChangedRecord]) -> list[str]:
        """Report changes together; if that fails, one after the other. Return the ids of those that failed."""
        if not changed:
            return []
        try:
            self._matching.put_events(list(changed.values()))
        except Exception as error:  # noqa: BLE001 - the others of the batch may be reported
            if len(changed) == 1:
                [id_] = changed
                log_failure(error, id_)
                return [id_]
            return [failed for id_, one in changed.items() for failed in self._process_each({id_: one})]
        return []

    def _queue(self, record: StreamRecord) -> bool:
        """Queue a record that failed, and return whether that was possible."""
        try:
            body = b64encode(gzip.compress(to_json(abridged(record)))).decode()
            if len(body) > MAX_MESSAGE:
                raise RecordTooLarge
            self._runtime.sqs.send_message(QueueUrl=self._runtime.settings.changes_queue, MessageBody=body)
        except Exception as error:  # noqa: BLE001 - the stream keeps it
            log_failure(error, sequence_number(record))
            return False
        return True


def _unpacked(body: str) -> StreamRecord:
    record: StreamRecord = from_json(gzip.decompress(b64decode(body)))
    return record
