"""The template as CloudFormation gets it, after SAM's transformation."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from support.deployment import template
from support.events import ROOT

SAM = ROOT / ".venv-sam" / "bin" / "python"
OF_HTTP = (
    "TokenFunction",
    "SearchFunction",
    "ClientsFunction",
    "ExchangeFunction",
    "OversightFunction",
    "ConsoleFunction",
)

if not SAM.exists() and os.environ.get("DCI_BUILT") != "1":
    pytest.skip("SAM is not installed: make validate does it", allow_module_level=True)


@cache
def transformed(**parameters: str) -> dict[str, Any]:
    """Return the resources after the transformation."""
    sent = copy.deepcopy(template())
    for resource in sent["Resources"].values():  # as if the artifacts were in S3 already
        for name in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][name] = "s3://bucket/artifact"
    done = subprocess.run(
        [SAM, Path(__file__).with_name("transform.py")],
        input=json.dumps({"template": sent, "parameters": parameters}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    resources: dict[str, Any] = json.loads(done.stdout)["Resources"]
    return resources


def named(tree: Any) -> Iterator[str]:
    """Yield the names that a resource refers to, whatever its conditions."""
    match tree:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            yield from re.findall(r"\$\{(\w+)", text)
        case {"Fn::GetAtt": str(text)}:
            yield text.partition(".")[0]
    if isinstance(tree, dict):
        depends = tree.get("DependsOn", [])
        yield from [depends] if isinstance(depends, str) else depends
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from named(part)


@pytest.mark.exhaustive
def test_no_resource_waits_for_itself() -> None:
    """References form no cycle, which would be found only by deploying."""
    resources = transformed()
    graph = {name: {other for other in named(resource) if other in resources} for name, resource in resources.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(resources)
    assert graph["RotationSchedule"] >= {"RotationFunction", "SigningKeys", "RotationPermission"}
    assert graph["MessageKeysSchedule"] >= {"RotationFunction", "MessageKeys", "MessageKeysPermission"}


@pytest.mark.exhaustive
@pytest.mark.parametrize("function", OF_HTTP)
def test_the_api_calls_the_alias(function: str) -> None:
    """Requests go to the alias, which is a published version, and that starts from a snapshot."""
    resources = transformed()
    alias = resources[f"{function}Aliaslive"]["Properties"]
    [version] = [name for name, resource in resources.items() if _is_version_of(function, resource)]
    assert alias["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
    paths = [text for text in _texts(resources["Api"]) if f"${{{function}" in text]
    assert paths
    assert all(f"${{{function}Aliaslive}}" in text or f"${{{function}.Alias}}" in text for text in paths)
    assert resources[version]["DeletionPolicy"] == "Delete"


@pytest.mark.exhaustive
def test_the_functions_change_before_the_firewall() -> None:
    """CloudFront waits for the aliases of all functions, so they accept a new secret before it is sent."""
    resources = transformed()
    waits: set[str] = set()
    reached = {"Distribution"}
    while reached != waits:
        waits = reached
        reached = waits | {other for name in waits for other in named(resources[name]) if other in resources}
    assert waits >= {f"{function}Aliaslive" for function in OF_HTTP}


def _is_version_of(function: str, resource: dict[str, Any]) -> bool:
    return bool(
        resource["Type"] == "AWS::Lambda::Version" and resource["Properties"]["FunctionName"]["Ref"] == function
    )


def _texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _texts(part)


@pytest.mark.exhaustive
def test_a_new_build_id_publishes_new_versions() -> None:
    """Every function that answers HTTP gets a version of another name, and nothing else becomes another resource."""
    first, second = (transformed(BuildId=name) for name in ("a" * 64, "b" * 64))
    gone, come = first.keys() - second.keys(), second.keys() - first.keys()
    for names, resources in ((gone, first), (come, second)):
        versions = [resources[name] for name in names]
        assert sorted(version["Properties"]["FunctionName"]["Ref"] for version in versions) == sorted(OF_HTTP)
    assert transformed(BuildId="a" * 64) == first
