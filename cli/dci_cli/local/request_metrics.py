"""The metrics of a local deployment: what its functions write for CloudWatch is counted here, and read back.

Only requests are counted, by outcome and quarter of an hour, while the server runs.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from dci_common.aws.transport import Answer, Endpoint

STACK = "local"  # by which the functions write metrics at all
_LOGGER, _PARENT = "dci.dci_common.logs", "dci"
_SERVICE = "https://monitoring."
_SECONDS = 900


@contextmanager
def counted_requests() -> Iterator[None]:
    """Count the requests of this process's functions, and answer what they ask CloudWatch, within the block.

    The lines of the metrics are written only with POWERTOOLS_LOG_LEVEL INFO or below, as all others.
    """
    counts, lock, post = Counter[tuple[str, int]](), threading.Lock(), Endpoint.post

    def count(record: logging.LogRecord) -> bool:
        if record.getMessage() == "request" and hasattr(record, "_aws"):
            with lock:
                counts[str(getattr(record, "outcome", "")), int(time.time()) // _SECONDS * _SECONDS] += 1
        return logging.getLogger(_PARENT).isEnabledFor(logging.INFO)

    def posted(endpoint: Endpoint, *request: Any) -> Answer:  # noqa: ANN401 - as Endpoint has it
        if not endpoint.url.startswith(_SERVICE):
            return post(endpoint, *request)
        with lock:
            return Answer(200, json.dumps(_results(counts)).encode())

    logger = logging.getLogger(_LOGGER)
    logger.addFilter(count)
    try:
        with patch.object(Endpoint, "post", posted):
            yield
    finally:
        logger.removeFilter(count)


def _results(counts: Counter[tuple[str, int]]) -> dict[str, Any]:
    """Return the counts as GetMetricData does."""
    results = [
        {"Id": "requests", "Label": outcome, "Timestamps": [at], "Values": [number], "StatusCode": "Complete"}
        for (outcome, at), number in counts.items()
    ]
    return {"MetricDataResults": results}
