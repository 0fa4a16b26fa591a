"""The alarms and the dashboard: they use metrics that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dci_cli.registry.follow.metric import METRIC, NAMESPACE
from dci_common.logs import log_item_failed
from support.api import Api, identified
from support.deployment import MONITORING, functions, of_type, template
from support.events import body_of, event
from support.exchanges import receiving
from support.logs import Logs

from .exchange_requests import worked_on

TYPE = "AWS::CloudWatch::Alarm"
ALARMS = {name: alarm["Properties"] for name, alarm in of_type(TYPE, MONITORING).items()}
METRICS = {
    "ApiGateway": {"Count", "4xx", "5xx", "Latency"},
    "Lambda": {"Errors", "IteratorAge", "Throttles"},
    "S3": {"NumberOfObjects"},
    "SQS": {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
}
Named = tuple[str, str | None, str]  # dimension beside the stack, its value (None is any), metric
STACK = "${Deployment}"


def measured(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics of an alarm, each with `Namespace`, `MetricName` and `Dimensions`."""
    within = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", ()) if "MetricStat" in query]
    return within or ([alarm] if "MetricName" in alarm else [])


def queries(alarm: dict[str, Any]) -> str:
    """Return the expressions of an alarm as text."""
    return json.dumps([query["Expression"] for query in alarm.get("Metrics", ()) if "Expression" in query])


def dashboard() -> str:
    """Return the body of the dashboard, whose names are not filled in."""
    [found] = of_type("AWS::CloudWatch::Dashboard", MONITORING).values()
    return str(found["Properties"]["DashboardBody"]["Fn::Sub"])


def widgets() -> list[dict[str, Any]]:
    """Return the properties of the dashboard's widgets."""
    return [widget["properties"] for widget in json.loads(dashboard())["widgets"]]


def charted() -> Iterator[list[Any]]:
    """Yield each metric of the dashboard: namespace, name, dimension, value and options, or an expression alone."""
    for widget in widgets():
        yield from widget.get("metrics", ())


def of_ours() -> set[Named]:
    """Return what alarms and dashboard name of the namespace DCI."""
    ours = [metric for alarm in ALARMS.values() for metric in measured(alarm) if metric["Namespace"] == "DCI"]
    assert all(metric["Dimensions"][0] == {"Name": "stack", "Value": {"Ref": "Deployment"}} for metric in ours)
    alarms = {
        (metric["Dimensions"][1]["Name"], metric["Dimensions"][1]["Value"], metric["MetricName"]) for metric in ours
    }
    named = [chart for chart in charted() if chart[0] == "DCI"]
    assert all(chart[2:4] == ["stack", STACK] for chart in named)
    charts = {(chart[4], chart[5], chart[1]) for chart in named}
    searches = {
        (found[1], None, found[2])
        for chart in charted()
        for found in re.finditer(
            rf'\{{DCI,stack,(\w+)\}} stack="{re.escape(STACK)}" MetricName="(\w+)"', str(chart[0])
        )
    }
    return alarms | charts | searches


def emitted(logs: Logs) -> set[Named]:
    """Return what CloudWatch makes of the lines of requests, for each dimension by its value, and by any."""
    return {
        (dimension, value, metric["Name"])
        for line in logs.entries()
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", ())
        if directive["Namespace"] == "DCI"
        for [stack, dimension] in directive["Dimensions"]
        if line[stack]
        for metric in directive["Metrics"]
        for value in (line[dimension], None)
    }


def given_to_monitoring(**parameters: str) -> dict[str, Any]:
    """Return the values that the root template gives to the nested stack's parameters."""
    [nested] = of_type("AWS::CloudFormation::Stack", **parameters).values()
    assert nested["Properties"]["TemplateURL"] == MONITORING
    return dict(nested["Properties"]["Parameters"])


def test_the_nested_stack_is_given_what_it_asks_for() -> None:
    """The root gives each parameter of the nested template a value, by the same name, and no other."""
    given = given_to_monitoring()
    assert given.keys() == template(MONITORING)["Parameters"].keys()
    same: dict[str, dict[str, Any]] = {name: {"Ref": name} for name in given} | {
        "Deployment": {"Ref": "AWS::StackName"}
    }
    same |= {name: {"Fn::GetAtt": [name, "QueueName"]} for name in of_type("AWS::SQS::Queue")}
    assert given == same
    for value in given.values():
        name = value.get("Ref") or value["Fn::GetAtt"][0]
        assert name in {*template()["Resources"], *template()["Parameters"], "AWS::StackName"}


def test_the_nested_stack_holds_nothing_that_outlives_it() -> None:
    """Tables, secrets and logs stay in the root: the nested stack has alarms and a dashboard alone."""
    types = {resource["Type"] for resource in template(MONITORING)["Resources"].values()}
    assert types == {TYPE, "AWS::CloudWatch::Dashboard"}


def test_every_function_has_an_alarm_of_its_errors() -> None:
    """An alarm reports the first call that a function ends without an answer, and the first that Lambda throttles."""
    watched: dict[str, set[str]] = {"Errors": set(), "Throttles": set()}
    for alarm in ALARMS.values():
        for metric in measured(alarm):
            if metric["Namespace"] == "AWS/Lambda" and metric["MetricName"] in watched:
                assert alarm["Threshold"] == 1
                watched[metric["MetricName"]] |= {dimension["Value"]["Ref"] for dimension in metric["Dimensions"]}
    assert watched == {"Errors": set(functions()), "Throttles": set(functions())}


def test_every_table_has_an_alarm_of_its_throttles() -> None:
    """An alarm reports a table that throttles requests, also a registry table from outside."""
    tables = of_type("AWS::DynamoDB::Table")
    watched = "".join(queries(alarm) for alarm in ALARMS.values() if "ThrottledRequests" in queries(alarm))
    assert {name for name in tables if f"${{{name}}}" in watched} == tables.keys()
    assert given_to_monitoring(RegistryTableName="of-my-own")["RegistryTable"] == {"Ref": "RegistryTableName"}


def test_every_queue_has_an_alarm() -> None:
    """An alarm reports messages that wait for 15 minutes, and the first one in a queue of dead letters."""
    watched = {
        (alarm["MetricName"], alarm["Dimensions"][0]["Value"]["Ref"]): alarm["Threshold"]
        for alarm in ALARMS.values()
        if alarm.get("Namespace") == "AWS/SQS"
    }
    queues = of_type("AWS::SQS::Queue")
    waiting = {name for name, queue in queues.items() if "RedrivePolicy" in queue["Properties"]}
    expected = {("ApproximateAgeOfOldestMessage", name): 900 for name in waiting}
    assert watched == expected | {("ApproximateNumberOfMessagesVisible", name): 1 for name in queues.keys() - waiting}


def test_changes_that_come_late_have_an_alarm() -> None:
    """An alarm reports that the stream is read a minute late, and one that changes were lost."""
    late, lost = ALARMS["ChangesBehindAlarm"], ALARMS["LostChangesAlarm"]
    assert (late["MetricName"], late["Threshold"]) == ("IteratorAge", 60 * 1000)
    assert late["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "ChangesFunction"}}]
    assert (lost["MetricName"], lost["Threshold"]) == ("NumberOfObjects", 1)
    assert lost["Dimensions"][0] == {"Name": "BucketName", "Value": {"Ref": "LostChanges"}}


def test_an_index_that_lags_has_an_alarm() -> None:
    """An alarm reports that disclosures are indexed five minutes late."""
    late = ALARMS["AuditIndexBehindAlarm"]
    assert (late["MetricName"], late["Threshold"]) == ("IteratorAge", 300 * 1000)
    assert late["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "AuditIndexFunction"}}]


def test_an_alarm_adds_up_all_that_it_measures() -> None:
    """The sum that an alarm looks at leaves none of its metrics out."""
    for alarm in ALARMS.values():
        measures = {query["Id"] for query in alarm.get("Metrics", ()) if "MetricStat" in query}
        assert measures == set(re.findall(r"\b[a-z]+\b", queries(alarm))) or not measures


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_says_what_to_do(name: str) -> None:
    """The description says what is wrong, then what to do; without a topic the alarm still exists."""
    alarm = ALARMS[name]
    what, *advice = re.split(r"\. (?=[A-Z])", alarm["AlarmDescription"])
    assert what
    assert re.match(r"(Run|Read|Look|Find|See|Ask|Go) .*[^.]\.$", advice[0])
    assert "AlarmActions" not in alarm
    topic = "arn:aws:sns:eu-west-1:111122223333:operators"
    notifying = of_type(TYPE, MONITORING, AlarmTopicArn=topic)[name]["Properties"]
    assert notifying == alarm | {"AlarmActions": [{"Ref": "AlarmTopicArn"}]}
    # The follower is not a function: its silence is the failure.
    assert alarm["TreatMissingData"] == ("breaching" if name == "FollowAlarm" else "notBreaching")


def refuse(api: Api) -> None:
    """Have a partner refuse a callback, and log that an item failed, which no request can cause."""
    with receiving() as receiver:
        receiver.answer = lambda _: (200, {"message": {"ack_status": "NACK"}})
        callbacks = {"urls": ["http://127.0.0.1"], "default_url": receiver.url}
        token = api.token_of(flags={"asynchronous": True}, callbacks=callbacks)
        message = body_of("exchange_search")
        message["header"]["sender_uri"] = receiver.url
        for _, queued in worked_on(api, event("exchange_search", body=message, token=token)):
            api.deliver(queued, None)
    log_item_failed(api.runtime.settings.stack_name, api.clock())


def test_alarms_name_recorded_metrics(own_api: Callable[..., Api], api: Api, logs: Logs) -> None:
    """Each of the project's metrics that an alarm or the dashboard names is logged, with that dimension."""
    api.search(identified("UIN", "847951632"))
    own_api().send(event("token_form", body="grant_type=client_credentials"))
    refuse(api)
    named = of_ours()
    assert ("route", "/oauth2/client/token", "refused") in named
    assert named <= emitted(logs)


def test_every_recorded_metric_is_on_the_dashboard(api: Api, logs: Logs) -> None:
    """Every metric that is written is used."""
    api.search(identified("UIN", "847951632"))
    refuse(api)
    recorded = {metric for _, _, metric in emitted(logs)}
    assert recorded == {metric for _, _, metric in of_ours()}


def test_the_rest_are_metrics_of_aws() -> None:
    """The AWS metrics of alarms and dashboard exist for an HTTP API and for Lambda."""
    named = {(metric["Namespace"], metric["MetricName"]) for alarm in ALARMS.values() for metric in measured(alarm)}
    named |= {(chart[0], chart[1]) for chart in charted() if isinstance(chart[0], str)}
    of_aws = {(f"AWS/{service}", metric) for service, metrics in METRICS.items() for metric in metrics}
    of_the_follower = {(NAMESPACE, METRIC)}
    assert {(namespace, metric) for namespace, metric in named if namespace != "DCI"} == of_aws | of_the_follower


def test_a_follower_that_is_silent_has_an_alarm_if_one_is_wanted() -> None:
    """With AlarmFollowMinutes an alarm reports that no pass has succeeded for so long; by default there is none."""
    assert "FollowAlarm" not in of_type(TYPE, MONITORING, AlarmFollowMinutes="0")
    alarm = ALARMS["FollowAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (NAMESPACE, METRIC)
    assert alarm["Dimensions"] == [{"Name": "stack", "Value": {"Ref": "Deployment"}}]
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, {"Ref": "AlarmFollowMinutes"})


def test_the_dashboard_names_what_is_deployed() -> None:
    """All that the dashboard asks about is a parameter of its template."""
    assert set(re.findall(r"\$\{(\w+)\}", dashboard())) <= template(MONITORING)["Parameters"].keys()
    assert {widget["region"] for widget in widgets()} == {"${AWS::Region}"}
    for name in (*of_type("AWS::DynamoDB::Table"), *of_type("AWS::SQS::Queue"), *functions()):
        assert f"${{{name}}}" in dashboard()


def test_deployments_of_one_account_are_distinguished() -> None:
    """No metric of the project is looked for without the name of the stack."""
    searches = [str(chart[0]) for chart in charted() if "DCI" in str(chart[0]) and "SEARCH" in str(chart[0])]
    assert searches
    assert all(f'stack="{STACK}"' in search for search in searches)
