"""The metrics of a local deployment: what its functions write for CloudWatch is counted here, and read back.

Only requests are counted, by outcome and quarter of an hour, while the server runs.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from dci_common.aws.transport import Answer, Endpoint
from dci_common.logs import output

STACK = "local"  # by which the functions write metrics at all
_SERVICE = "https://monitoring."
_SECONDS = 900


@contextmanager
def counted_requests() -> Iterator[None]:
    """Count the requests of this process's functions, and answer what they ask CloudWatch, within the block.

    The lines of the metrics are written only with LOG_LEVEL INFO or below, as all others.
    """
    counts, lock, post = Counter[tuple[str, int]](), threading.Lock(), Endpoint.post
    lines = output()
    add = lines.add

    def counted(level: str, message: str, fields: Mapping[str, Any]) -> None:
        if message == "request" and "_aws" in fields:
            with lock:
                counts[str(fields["outcome"]), int(time.time()) // _SECONDS * _SECONDS] += 1
        if lines.has(level):
            add(level, message, fields)

    def posted(endpoint: Endpoint, *request: Any) -> Answer:  # noqa: ANN401 - as Endpoint has it
        if not endpoint.url.startswith(_SERVICE):
            return post(endpoint, *request)
        with lock:
            return Answer(200, json.dumps(_results(counts)).encode())

    with patch.object(Endpoint, "post", posted), patch.object(lines, "add", counted):
        yield


def _results(counts: Counter[tuple[str, int]]) -> dict[str, Any]:
    """Return the counts as GetMetricData does."""
    results = [
        {"Id": "requests", "Label": outcome, "Timestamps": [at], "Values": [number], "StatusCode": "Complete"}
        for (outcome, at), number in counts.items()
    ]
    return {"MetricDataResults": results}
