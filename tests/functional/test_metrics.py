"""The line of a request is its metrics too, in CloudWatch's embedded metric format."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from dci_common import logs as function_logs
from support.api import Api, identified
from support.events import event

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.logs import Logs


def line_of(logs: Logs) -> dict[str, Any]:
    """Return the line of the last request."""
    return [entry for entry in logs.entries() if entry["message"] == "request"][-1]


def metrics_of(line: dict[str, Any]) -> dict[str, Any]:
    """Return the values of all metrics by route, as CloudWatch finds them."""
    by_route, by_outcome = line["_aws"]["CloudWatchMetrics"]
    assert by_outcome == {
        "Namespace": "DCI",
        "Dimensions": [["stack", "outcome"]],
        "Metrics": [{"Name": "requests", "Unit": "Count"}],
    }
    assert (by_route["Namespace"], by_route["Dimensions"]) == ("DCI", [["stack", "route"]])
    assert line["stack"]
    assert isinstance(line["route"], str)
    assert isinstance(line["outcome"], str)
    values = {metric["Name"]: line[metric["Name"]] for metric in by_route["Metrics"]}
    assert all(isinstance(value, int | float) for value in values.values())
    return values


def test_a_search_has_its_metrics(api: Api, logs: Logs) -> None:
    """A search records its outcome, its duration, and what it read, matched and disclosed."""
    api.search(identified("UIN", "847951632"))
    line = line_of(logs)
    values = metrics_of(line)
    assert values.pop("latency") > 0
    assert values.pop("read_units") > 0
    assert values == {
        "requests": 1, "refused": 0, "failed": 0, "cold_start": 1, "examined": 2, "matched": 1, "records": 1
    }  # fmt: skip
    assert (line["route"], line["outcome"], line["client_id"]) == ("/registry/sync/search", "ok", api.partner_id)
    assert line["_aws"]["Timestamp"] == int(api.clock.now * 1000)


def test_only_the_first_request_is_a_cold_start(api: Api, logs: Logs) -> None:
    """Only the first request that a function answers is a cold start."""
    for cold in (True, False):
        api.send(event("health"))
        assert ("cold_start" in metrics_of(line_of(logs))) == cold


@pytest.mark.parametrize(
    ("name", "outcome"), [("search", "err.request.unauthorized"), ("clients_list", "err.request.unauthorized")]
)
def test_a_rejection_is_counted_under_its_code(api: Api, logs: Logs, name: str, outcome: str) -> None:
    """A rejection is counted under its code, and not as a failure."""
    api.send(event(name, token="none"))
    line = line_of(logs)
    values = metrics_of(line)
    assert (line["outcome"], values["refused"], values["failed"]) == (outcome, 1, 0)


def test_a_server_error_is_counted_as_failure(new_api: Any, logs: Logs) -> None:
    """A server error is counted as a failure, which alarms watch."""
    api = new_api(registry_table="no-such-table")
    assert api.search(identified("UIN", "1")).status == 503
    line = line_of(logs)
    values = metrics_of(line)
    assert (line["outcome"], values["refused"], values["failed"]) == ("err.service.unavailable", 0, 1)


def test_two_stacks_have_metrics_of_their_own(new_api: Callable[..., Api], logs: Logs) -> None:
    """Each deployment of an account counts under its own name."""
    for stack in ("dci", "dci-test"):
        new_api(stack_name=stack).send(event("health"))
        assert metrics_of(line_of(logs))["requests"] == 1
        assert line_of(logs)["stack"] == stack


def test_a_log_level_above_info_keeps_the_metrics(api: Api, logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    """At WARNING the line of a request has its metrics and their dimensions, and nothing else of the request."""
    api.send(event("health"))
    before = line_of(logs)
    monkeypatch.setattr(logging.getLogger(function_logs._logger().name), "level", logging.WARNING)  # noqa: SLF001
    api.send(event("health"))
    line = line_of(logs)
    assert metrics_of(line).keys() == metrics_of(before).keys() - {"cold_start"}
    assert before.keys() - line.keys() == {"cold_start", "method", "correlation_id", "source", "status"}


def test_without_a_stack_there_are_no_metrics(new_api: Callable[..., Api], logs: Logs) -> None:
    """On a laptop a request has an ordinary line, which the log level ends."""
    new_api(stack_name="").send(event("health"))
    assert "_aws" not in line_of(logs)
