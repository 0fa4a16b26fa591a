"""The changes function: RegistryTable's stream calls it for what was written, its queue for what failed before."""

from __future__ import annotations

from typing import Any

from dci_changes.feed import Feed
from dci_common.deadline import Deadline
from dci_common.runtime import Event, LambdaHandler, Runtime, lambda_handler


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function."""
    feed = Feed(runtime)

    def handler(event: Event, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own object
        records, deadline = event["Records"], Deadline.of(context, runtime.clock)
        is_queue = records[0]["eventSource"] == "aws:sqs"
        failed = (feed.from_queue if is_queue else feed.from_stream)(records, deadline)
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}

    return handler


handler = lambda_handler(create_app)
