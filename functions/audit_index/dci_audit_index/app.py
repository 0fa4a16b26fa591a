"""The audit index function: AuditTable's stream calls it for what was recorded. It writes entries, and reads nothing.

What it cannot index in time is lost to the index alone: the audit items stay, and `dci audit reindex` reads them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dci_common.deadline import Deadline, calls_end_by
from dci_common.exchange.audit_index import AUDITED, AuditIndex
from dci_common.logs import log_failure
from dci_common.runtime import Event, LambdaHandler, Runtime, lambda_handler

_THREADS = 16  # that write: an item of an import names thousands of records


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function."""
    index = AuditIndex(runtime, ThreadPoolExecutor(_THREADS, thread_name_prefix="index"))

    def handler(event: Event, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own object
        with calls_end_by(Deadline.of(context, runtime.clock)):
            failed = _first_failed(index, event["Records"])
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}

    return handler


def _first_failed(index: AuditIndex, records: list[dict[str, Any]]) -> list[str]:
    """Index records of the stream up to one that fails, and return its sequence number: Lambda goes on from there."""
    for record in records:
        change = record["dynamodb"]
        if "NewImage" not in change or not change["Keys"]["pk"]["S"].startswith(AUDITED):
            continue
        try:
            index.add(change["NewImage"])
        except Exception as error:  # noqa: BLE001 - those before it need not be indexed again
            log_failure(error, str(change["SequenceNumber"]))
            return [str(change["SequenceNumber"])]
    return []


handler = lambda_handler(create_app)
