"""The functions as they are deployed."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from support.deployment import deployed, functions, of_type, template
from support.events import ROOT

FUNCTIONS = {
    "TokenFunction": "dci_token.app.handler",
    "SearchFunction": "dci_search.app.handler",
    "ClientsFunction": "dci_clients.app.handler",
    "ExchangeFunction": "dci_exchange.app.handler",
    "DeliveryFunction": "dci_delivery.app.handler",
    "ChangesFunction": "dci_changes.app.handler",
    "AuditIndexFunction": "dci_audit_index.app.handler",
    "OversightFunction": "dci_oversight.app.handler",
    "ConsoleFunction": "dci_console.app.handler",
    "RotationFunction": "dci_rotation.app.handler",
}
OF_HTTP = FUNCTIONS.keys() - {"DeliveryFunction", "ChangesFunction", "AuditIndexFunction", "RotationFunction"}


def test_each_function_is_a_package_of_its_own() -> None:
    """Handlers exist and have different names, since equal ones would shadow each other."""
    assert {name: properties["Handler"] for name, properties in functions().items()} == FUNCTIONS
    for properties in functions().values():
        package, _, attribute = properties["Handler"].rpartition(".")
        assert (ROOT / properties["CodeUri"] / package.split(".")[0]).is_dir()
        assert callable(getattr(importlib.import_module(package), attribute))
        assert properties["Layers"] == [{"Ref": "CommonLayer"}]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_says_what_it_runs_on(name: str) -> None:
    """Runtime, processors, memory and time are explicit; what answers HTTP ends before API Gateway does (30 s)."""
    properties = functions()[name]
    layer = template()["Resources"]["CommonLayer"]
    assert properties["Runtime"] == "python3.13"
    assert layer["Properties"]["CompatibleRuntimes"] == ["python3.13"]
    assert properties["Architectures"] == [{"Ref": "Architecture"}] == [layer["Metadata"]["BuildArchitecture"]]
    assert 1024 <= properties["MemorySize"] <= 1769
    assert properties["Timeout"] < 30 or name in {"DeliveryFunction", "AuditIndexFunction"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_lambda_leaves_the_log_level_to_the_functions(name: str) -> None:
    """With the format JSON Lambda would drop lines below a level of its own, and make its level the functions'."""
    assert functions()[name]["LoggingConfig"].keys() == {"LogGroup"}


@pytest.mark.parametrize("name", sorted(OF_HTTP | {"DeliveryFunction"}))
def test_a_stack_names_its_metrics(name: str) -> None:
    """What answers HTTP counts its requests under the name of the stack, and the delivery its attempts."""
    assert functions()[name]["Environment"]["Variables"]["STACK_NAME"] == {"Ref": "AWS::StackName"}


@pytest.mark.parametrize("name", sorted(OF_HTTP))
def test_a_function_is_called_by_its_alias(name: str) -> None:
    """What answers HTTP is a published version, a new one for each BuildId, from a snapshot unless turned off."""
    properties = functions()[name]
    assert (properties["AutoPublishAlias"], properties["AutoPublishCodeSha256"]) == ("live", {"Ref": "BuildId"})
    assert properties["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert functions(SnapStart="Off")[name]["SnapStart"] == {"ApplyOn": "None"}


def test_a_template_that_is_not_built_is_rejected() -> None:
    """`make build` writes the BuildId; without it a change of code or parameters would publish no version."""
    assert template()["Parameters"]["BuildId"]["Default"] == "none"
    assert template()["Rules"]["TemplateIsBuilt"] == {
        "Assertions": [
            {
                "Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "BuildId"}, "none"]}]},
                "AssertDescription": "The template is not built. Run make build first, or make deploy.",
            }
        ]
    }


def test_the_keys_rotate_by_themselves() -> None:
    """A fresh deployment makes its keys at once, and then every RotationDays, with the newest code."""
    for secret, name in (("SigningKeys", "Rotation"), ("MessageKeys", "MessageKeys")):
        assert deployed()["Resources"][f"{name}Schedule"] == {
            "Type": "AWS::SecretsManager::RotationSchedule",
            "DependsOn": f"{name}Permission",
            "Properties": {
                "SecretId": {"Ref": secret},
                "RotationLambdaARN": {"Fn::GetAtt": ["RotationFunction", "Arn"]},
                "RotationRules": {"AutomaticallyAfterDays": {"Ref": "RotationDays"}},
                "RotateImmediatelyOnUpdate": True,
            },
        }
    assert functions()["RotationFunction"].keys().isdisjoint({"AutoPublishAlias", "SnapStart", "Events"})


def test_each_function_has_a_role_and_a_log_of_its_own() -> None:
    """No two functions share a role or a log group, and every log group has its retention."""
    roles = [properties["Role"]["Fn::GetAtt"][0] for properties in functions().values()]
    logs = [properties["LoggingConfig"]["LogGroup"]["Ref"] for properties in functions().values()]
    groups = of_type("AWS::Logs::LogGroup")
    assert len(set(roles)) == len(set(logs)) == len(FUNCTIONS)
    assert set(roles) == of_type("AWS::IAM::Role").keys()
    assert {*logs, "ApiLogs"} == groups.keys()
    assert all(group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())


@pytest.mark.parametrize("role", of_type("AWS::IAM::Role").values(), ids=of_type("AWS::IAM::Role"))
def test_only_lambda_takes_a_role(role: dict[str, Any]) -> None:
    """A role is Lambda's, and has no policy but its own."""
    [trust] = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust == {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    assert "ManagedPolicyArns" not in role["Properties"]


def test_each_parameter_is_used_and_has_a_default() -> None:
    """A deployment can be made without a decision, and every decision has an effect."""
    content = str({name: part for name, part in template().items() if name not in {"Parameters", "Rules"}})
    for name, parameter in template()["Parameters"].items():
        assert f"{{'Ref': '{name}'}}" in content
        assert "Default" in parameter
        assert parameter["Description"].endswith(".")
