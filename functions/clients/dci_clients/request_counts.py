"""How many requests of the last hours had which outcome, by the deployment's own metrics (logs.py) in CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

SECONDS = 900  # of a count
_COUNTS = 24  # 6 hours
_MOST_PAGES = 5
_SEARCH = "SEARCH('{{DCI,stack,outcome}} stack=\"{stack}\" MetricName=\"requests\"', 'Sum', {seconds})"


def request_counts(runtime: Runtime) -> dict[str, Any]:
    """Return the requests of each outcome, those with the most first, in steps of 15 minutes.

    It asks for one metric for each outcome that there was in the last two weeks, which are about twenty.
    """
    until = int(runtime.clock()) // SECONDS * SECONDS + SECONDS
    since = until - _COUNTS * SECONDS
    counts: dict[str, list[int]] = {}
    for outcome, at, value in _values(runtime, since, until):
        step = (at - since) // SECONDS
        if 0 <= step < _COUNTS:
            counts.setdefault(outcome, [0] * _COUNTS)[step] += round(value)
    outcomes = [{"outcome": name, "total": sum(each), "counts": each} for name, each in counts.items()]
    return {
        "since": timestamp(since),
        "until": timestamp(until),
        "seconds": SECONDS,
        "times": [timestamp(since + step * SECONDS) for step in range(_COUNTS)],
        "outcomes": sorted(outcomes, key=lambda one: (-sum(one["counts"]), str(one["outcome"]))),
    }


def _values(runtime: Runtime, since: int, until: int) -> Iterator[tuple[str, int, float]]:
    """Yield counts with their outcomes, and the epoch seconds at which their steps begin."""
    search = _SEARCH.format(stack=runtime.settings.stack_name, seconds=SECONDS)
    query = {"Id": "requests", "Expression": search, "Label": "${PROP('Dim.outcome')}"}
    request: dict[str, Any] = {"MetricDataQueries": [query], "StartTime": since, "EndTime": until}
    for _ in range(_MOST_PAGES):
        answer = runtime.cloudwatch.get_metric_data(**request)
        for result in answer.get("MetricDataResults", ()):
            for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                yield str(result["Label"]), _epoch(at), float(value)
        if not answer.get("NextToken"):
            return
        request["NextToken"] = answer["NextToken"]


def _epoch(moment: Any) -> int:  # noqa: ANN401 - a number, or what botocore makes of it
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return int(moment.timestamp() if isinstance(moment, datetime) else moment)
