"""The API's routes, and the event bank that stands for them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dci_cli.local.gateway import Routes
from support.deployment import deployed, functions, routes, template
from support.events import http_events

BANK = http_events()


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


def test_no_route_ends_with_a_slash() -> None:
    """API Gateway rejects such a route, or leaves it out without a word; such an address is `$default`'s."""
    assert [path for path in routes() if path.endswith("/")] == ["/"]
    assert routes()["$default"]["Function"] == "ConsoleFunction"


def test_the_api_is_at_the_root() -> None:
    """No stage stands in the paths, where discovery (RFC 8414) could not live, and requests are throttled."""
    api = template()["Resources"]["Api"]["Properties"]
    assert api["StageName"] == "$default"
    assert api["DefaultRouteSettings"].keys() == {"ThrottlingBurstLimit", "ThrottlingRateLimit"}


def test_an_address_of_ones_own() -> None:
    """With DomainName the API is there and nowhere else, by TLS 1.2 at least, and its tokens say so."""
    given = {
        "DomainName": "registry.example.org",
        "CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/a",
    }
    resources = deployed(**given)["Resources"]
    assert resources["Api"]["Properties"]["DisableExecuteApiEndpoint"] is True
    [configuration] = resources["ApiDomain"]["Properties"]["DomainNameConfigurations"]
    assert configuration["SecurityPolicy"] == "TLS_1_2"
    assert "MutualTlsAuthentication" not in resources["ApiDomain"]["Properties"]
    assert issuers(**given) == [{"Fn::Sub": "https://${DomainName}"}]
    assert issuers(**given, Issuer="https://other.example.org") == [{"Ref": "Issuer"}]
    assert issuers() == [""]
    mutual = deployed(**given, TruststoreUri="s3://bucket/authorities.pem")["Resources"]["ApiDomain"]["Properties"]
    assert mutual["MutualTlsAuthentication"] == {"TruststoreUri": {"Ref": "TruststoreUri"}}
    changed = deployed(**given, TruststoreUri="s3://bucket/authorities.pem", TruststoreVersion="2")["Resources"]
    assert changed["ApiDomain"]["Properties"]["MutualTlsAuthentication"] == {
        "TruststoreUri": {"Ref": "TruststoreUri"},
        "TruststoreVersion": {"Ref": "TruststoreVersion"},
    }
    assert deployed()["Resources"]["Api"]["Properties"]["DisableExecuteApiEndpoint"] is False
    assert (
        deployed()["Resources"]
        .keys()
        .isdisjoint({"ApiDomain", "ApiDomainMapping", "Distribution", "OriginKey", "ViewerAddress"})
    )


def issuers(**parameters: str) -> list[Any]:
    """Return the different issuers that the functions are given."""
    given = [function["Environment"]["Variables"].get("ISSUER") for function in functions(**parameters).values()]
    return [issuer for number, issuer in enumerate(given) if issuer is not None and issuer not in given[:number]]


FIREWALL = {
    "DomainName": "registry.example.org",
    "CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/a",
    "WebAclArn": "arn:aws:wafv2:us-east-1:111122223333:global/webacl/a/b",
}
ANSWERING = {route["Function"] for route in routes().values()}


def test_a_firewall_is_not_gone_around() -> None:
    """With WebAclArn CloudFront stands before the API, and shows a secret that each function asks for."""
    resources = deployed(**FIREWALL)["Resources"]
    distribution = resources["Distribution"]["Properties"]["DistributionConfig"]
    secret = {"Fn::Sub": "{{resolve:secretsmanager:${OriginKey}}}"}
    assert distribution["WebACLId"] == {"Ref": "WebAclArn"}
    assert distribution["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert distribution["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "https-only"
    [origin] = distribution["Origins"]
    assert origin["OriginCustomHeaders"] == [{"HeaderName": "X-Origin-Verify", "HeaderValue": secret}]
    assert origin["CustomOriginConfig"] == {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]}
    for name, function in functions(**FIREWALL).items():
        variables = function["Environment"]["Variables"]
        assert variables.get("ORIGIN_SECRET") == (secret if name in ANSWERING else None)
        assert variables.get("PREVIOUS_ORIGIN_SECRET") == ("" if name in ANSWERING else None)
    assert resources["Api"]["Properties"]["DisableExecuteApiEndpoint"] is False  # CloudFront comes through it
    assert "ApiDomain" not in resources


def test_the_secret_of_the_firewall_can_be_replaced() -> None:
    """With a version of OriginKey CloudFront sends that one, and the functions accept the previous one too."""
    given = FIREWALL | {"OriginKeyVersion": "b" * 36, "PreviousOriginKeyVersion": "a" * 36}
    key = "{{resolve:secretsmanager:${OriginKey}:SecretString:::${%s}}}"
    current, previous = ({"Fn::Sub": key % name} for name in ("OriginKeyVersion", "PreviousOriginKeyVersion"))
    distribution = deployed(**given)["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    assert distribution["Origins"][0]["OriginCustomHeaders"][0]["HeaderValue"] == current
    for name in ANSWERING:
        variables = functions(**given)[name]["Environment"]["Variables"]
        assert (variables["ORIGIN_SECRET"], variables["PREVIOUS_ORIGIN_SECRET"]) == (current, previous)


def test_the_edge_states_the_address_of_the_client() -> None:
    """A function at the edge overwrites the header with the client's address, and the origin gets each header."""
    resources = deployed(**FIREWALL)["Resources"]
    behavior = resources["Distribution"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]
    [association] = behavior["FunctionAssociations"]
    assert association["EventType"] == "viewer-request"
    assert association["FunctionARN"] == {"Fn::GetAtt": ["ViewerAddress", "FunctionMetadata", "FunctionARN"]}
    assert behavior["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"  # AllViewerExceptHostHeader
    function = resources["ViewerAddress"]["Properties"]
    assert function["AutoPublish"] is True
    assert 'event.request.headers["x-viewer-address"] = { value: event.viewer.ip };' in function["FunctionCode"]


def test_no_function_needs_the_api() -> None:
    """No function refers to the API, which refers to it: a template with a cycle cannot be deployed."""
    for properties in functions().values():
        own = {name: value for name, value in properties.items() if name != "Events"}
        assert '"Api' not in json.dumps(own)
        assert "${Api" not in json.dumps(own)


def test_the_access_log_has_no_path() -> None:
    """The access log names the route, since a path may hold an id and a query string anything."""
    logged = json.loads(template()["Resources"]["Api"]["Properties"]["AccessLogSettings"]["Format"])
    assert set(logged.values()).isdisjoint({"$context.path", "$context.identity.userAgent"})
    assert logged["route"] == "$context.routeKey"
