"""The delivery function: SQS calls it for each message, and a schedule each minute for the sweep."""

from __future__ import annotations

from typing import Any

from dci_common.runtime import Event, LambdaHandler, Runtime, lambda_handler


def create_app(_: Runtime) -> LambdaHandler:
    """Build the function, which does nothing yet: each message of a queue is kept in it."""

    def handler(event: Event, _: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own object
        kept = [{"itemIdentifier": record["messageId"]} for record in event.get("Records", ())]
        return {"batchItemFailures": kept}

    return handler


handler = lambda_handler(create_app)
