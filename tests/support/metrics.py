"""CloudWatch in tests: it has the counts that it is given."""

from __future__ import annotations

from typing import Any


class Metrics:
    """CloudWatch with the counts of one deployment; `asked` are the requests."""

    def __init__(self, counts: dict[str, dict[int, float]]) -> None:
        self.counts = counts
        self.asked: list[dict[str, Any]] = []

    def get_metric_data(self, **request: Any) -> Any:
        """Return the counts of one outcome a page."""
        self.asked.append(request)
        page = int(request.get("NextToken", 0))
        name = list(self.counts)[page]
        result = {
            "Id": "requests",
            "Label": name,
            "Timestamps": list(self.counts[name]),
            "Values": list(self.counts[name].values()),
        }
        following = {"NextToken": str(page + 1)} if page + 1 < len(self.counts) else {}
        return {"MetricDataResults": [result], **following}
