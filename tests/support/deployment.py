"""template.yaml as data, CloudFormation's short forms (`!Ref x`) in their long ones (`{"Ref": "x"}`)."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from support.events import ROOT

Tree = dict[str, Any]


class _Loader(yaml.SafeLoader):
    pass


def _long_form(loader: _Loader, tag: str, node: yaml.Node) -> Tree:
    if isinstance(node, yaml.SequenceNode):
        value: object = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        value = node.value.split(".") if tag == "GetAtt" else node.value
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _long_form)


@cache
def template() -> Tree:
    """Return the whole template."""
    content: Tree = yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506 - a safe loader
    return content


def of_type(type_: str) -> dict[str, Tree]:
    """Return the resources of a type by logical id."""
    return {name: resource for name, resource in template()["Resources"].items() if resource["Type"] == type_}


def functions() -> dict[str, Tree]:
    """Return each function's properties, the globals among them."""
    shared = template()["Globals"]["Function"]
    return {
        name: shared | function["Properties"] | {"Environment": _merged(shared, function["Properties"])}
        for name, function in of_type("AWS::Serverless::Function").items()
    }


def _merged(shared: Tree, own: Tree) -> Tree:
    declared = [tree.get("Environment", {}).get("Variables", {}) for tree in (shared, own)]
    return {"Variables": {**declared[0], **declared[1]}}


def routes() -> dict[str, Tree]:
    """Return the properties of each HTTP event by path, the function's logical id among them as `Function`."""
    return {
        event["Properties"].get("Path", "$default"): event["Properties"] | {"Function": name}
        for name, function in functions().items()
        for event in function["Events"].values()
    }


def statements(function: str) -> list[Tree]:
    """Return the statements of a function's policy."""
    role = template()["Resources"][functions()[function]["Role"]["Fn::GetAtt"][0]]["Properties"]
    return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]


def listed(value: object) -> list[Any]:
    """Return what may stand alone or in a list, as a list."""
    return value if isinstance(value, list) else [value]
