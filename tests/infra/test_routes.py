"""The API's routes, and the event bank that stands for them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dci_cli.gateway import Routes
from support.deployment import functions, routes, template
from support.events import ROOT

BANK = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "events").glob("*.json"))}


def test_each_route_has_an_event_and_each_event_a_route() -> None:
    """The bank covers the template's paths, no more and no less."""
    assert {event["routeKey"] for event in BANK.values()} == {
        path if path == "$default" else f"ANY {path}" for path in routes()
    }


@pytest.mark.parametrize("event", BANK.values(), ids=BANK.keys())
def test_an_event_is_consistent(event: dict[str, Any]) -> None:
    """An event's route, paths, parameters and method agree, as API Gateway would have made them."""
    context = event["requestContext"]
    match = Routes(dict.fromkeys(routes(), lambda *_: {})).find(event["rawPath"])
    assert event["version"] == "2.0"
    assert event["routeKey"] == context["routeKey"]
    assert event["routeKey"].split(" ")[-1] == match.template
    assert event.get("pathParameters", {}) == match.parameters
    assert context["http"]["path"] == event["rawPath"]
    assert event["headers"]["host"] == context["domainName"]
    assert all(name == name.lower() for name in event["headers"])


def test_each_path_takes_any_method() -> None:
    """Other methods reach the handlers too, which answer 405; `$default` is every other path."""
    assert {path: route.get("Method", "ANY") for path, route in routes().items()} == dict.fromkeys(routes(), "ANY")
    assert "$default" in routes()
    assert all(route["ApiId"] == {"Ref": "Api"} for route in routes().values())


def test_the_api_is_at_the_root() -> None:
    """No stage stands in the paths, where discovery (RFC 8414) could not live, and requests are throttled."""
    api = template()["Resources"]["Api"]["Properties"]
    assert api["StageName"] == "$default"
    assert api["DefaultRouteSettings"].keys() == {"ThrottlingBurstLimit", "ThrottlingRateLimit"}


def test_no_function_needs_the_api() -> None:
    """A function that referred to the API, which refers to it, would make a template that can not be deployed."""
    for properties in functions().values():
        own = {name: value for name, value in properties.items() if name != "Events"}
        assert '"Api' not in json.dumps(own)
        assert "${Api" not in json.dumps(own)


def test_the_access_log_tells_no_path() -> None:
    """The access log names the route, since a path may hold an id and a query string anything."""
    logged = json.loads(template()["Resources"]["Api"]["Properties"]["AccessLogSettings"]["Format"])
    assert set(logged.values()).isdisjoint({"$context.path", "$context.identity.userAgent"})
    assert logged["route"] == "$context.routeKey"
