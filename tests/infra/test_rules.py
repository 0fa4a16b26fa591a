"""The rules of the template: what CloudFormation rejects before it creates anything."""

from __future__ import annotations

from typing import Any

import pytest

from support.deployment import template

RULES: dict[str, Any] = template()["Rules"]
DOMAIN = {"DomainName": "registry.example.org", "CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/a"}
FIREWALL = DOMAIN | {"WebAclArn": "arn:aws:wafv2:us-east-1:111122223333:global/webacl/a/b"}
TRUSTSTORE = {"TruststoreUri": "s3://bucket/authorities.pem"}
CHINA, TAIPEI, IRELAND = ({"AWS::Region": region} for region in ("cn-north-1", "ap-east-2", "eu-west-1"))


def rejections(**given: str) -> set[str]:
    """Return the rules that these parameters break; others have their defaults, and the template is built."""
    defaults = {name: str(one["Default"]) for name, one in template()["Parameters"].items()}
    values = defaults | {"BuildId": "a" * 64} | IRELAND | given
    return {
        name
        for name, rule in RULES.items()
        if holds(rule.get("RuleCondition", True), values)
        and not all(holds(one["Assert"], values) for one in rule["Assertions"])
    }


def holds(condition: Any, values: dict[str, str]) -> bool:
    """Decide a condition of a rule."""
    match condition:
        case bool():
            return condition
        case {"Fn::Not": [inner]}:
            return not holds(inner, values)
        case {"Fn::Equals": [{"Ref": str(name)}, {"Ref": str(other)}]}:
            return values[name] == values[other]
        case {"Fn::Equals": [{"Ref": str(name)}, value]}:
            return bool(values[name] == value)
        case {"Fn::Contains": [list(known), {"Ref": str(name)}]}:
            return values[name] in known
    raise AssertionError(condition)


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        ({}, set()),
        (DOMAIN | TRUSTSTORE | {"TruststoreVersion": "v1"}, set()),
        (FIREWALL | {"OriginKeyVersion": "b" * 36, "PreviousOriginKeyVersion": "a" * 36}, set()),
        ({"BuildId": "none"}, {"TemplateIsBuilt"}),
        ({"DomainName": "registry.example.org"}, {"DomainNeedsCertificate"}),
        (FIREWALL | {"DomainName": ""}, {"FirewallNeedsDomain"}),
        (FIREWALL | TRUSTSTORE, {"FirewallNeedsDomain"}),
        (TRUSTSTORE, {"TruststoreNeedsDomain"}),
        ({"TruststoreVersion": "v1"}, {"TruststoreVersionNeedsTruststore"}),
        (FIREWALL | {"PreviousOriginKeyVersion": "a" * 36}, {"PreviousOriginKeyNeedsOriginKey"}),
        ({"OperatorIssuer": "https://accounts.example.org", "OperatorAudience": "dci"}, set()),
        ({"OperatorIssuer": "https://accounts.example.org"}, {"OperatorIssuerNeedsAudience"}),
        (
            {
                **dict.fromkeys(("OperatorIssuer", "Issuer"), "https://registry.example.org"),
                "OperatorAudience": "dci",
            },
            {"OperatorIssuerNeedsAudience"},
        ),
        ({"OperatorPool": "On"}, set()),
        ({"OperatorPool": "On", "OperatorAudience": "dci"}, {"OperatorPoolExcludesIssuer"}),
        ({"OperatorPool": "On", "OperatorGroupsClaim": "groups"}, {"OperatorPoolExcludesIssuer"}),
        ({"ConsoleApplication": "console"}, {"ConsoleNeedsOperators"}),
        ({"ConsoleApplication": "console", "OperatorPool": "On"}, {"ConsoleNeedsOperators"}),
        (TAIPEI, {"SnapStartNeedsRegion"}),
        (TAIPEI | FIREWALL | {"SnapStart": "Off"}, set()),
        (CHINA | {"SnapStart": "Off"}, set()),
        (CHINA | FIREWALL | {"SnapStart": "Off"}, {"FirewallNeedsDomain"}),
    ],
    ids=str,
)
def test_a_rule_rejects_what_cannot_work(given: dict[str, str], broken: set[str]) -> None:
    """What cannot work is rejected, and nothing else."""
    assert rejections(**given) == broken


def test_a_rejection_says_what_to_change() -> None:
    """Each assertion has a sentence."""
    for rule in RULES.values():
        assert all(one["AssertDescription"].endswith(".") for one in rule["Assertions"])
