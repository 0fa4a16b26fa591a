"""The templates as data, CloudFormation's short forms (`!Ref x`) in their long ones (`{"Ref": "x"}`)."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from support.events import ROOT

Tree = dict[str, Any]
_NO_VALUE = {"Ref": "AWS::NoValue"}
MONITORING = "infra/monitoring.yaml"


class _Loader(yaml.CSafeLoader):
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
def template(file: str = "template.yaml") -> Tree:
    """Return a whole template as it is written."""
    content: Tree = yaml.load((ROOT / file).read_text(), _Loader)  # noqa: S506 - a safe loader
    return content


@cache
def deployed(file: str = "template.yaml", **parameters: str) -> Tree:
    """Return a template with its conditions decided, for these parameters and else the defaults."""
    declared = template(file)["Parameters"]
    defaults = {name: str(parameter.get("Default", name)) for name, parameter in declared.items()}
    conditions = template(file)["Conditions"]
    holding = {name for name in conditions if _holds(name, conditions, defaults | parameters)}

    def made(section: str) -> Tree:
        parts = template(file).get(section, {}).items()
        return {
            name: _decided(part, holding) for name, part in parts if part.get("Condition", name) in {name, *holding}
        }

    return {section: made(section) for section in ("Globals", "Resources", "Outputs")}


def _holds(condition: Any, conditions: Tree, values: dict[str, str]) -> bool:
    match condition:
        case str(name) | {"Condition": str(name)}:
            return _holds(conditions[name], conditions, values)
        case {"Fn::Not": [inner]}:
            return not _holds(inner, conditions, values)
        case {"Fn::And": list(inner)}:
            return all(_holds(part, conditions, values) for part in inner)
        case {"Fn::Or": list(inner)}:
            return any(_holds(part, conditions, values) for part in inner)
        case {"Fn::Equals": [{"Ref": str(name)}, value]}:
            return bool(values[name] == value)
    raise AssertionError(condition)


def _decided(tree: Any, holding: set[str]) -> Any:
    match tree:
        case {"Fn::If": [name, then, otherwise]}:
            return _decided(then if name in holding else otherwise, holding)
        case dict():
            parts = ((name, _decided(part, holding)) for name, part in tree.items())
            return {name: part for name, part in parts if part != _NO_VALUE}
        case list():
            return [part for part in (_decided(part, holding) for part in tree) if part != _NO_VALUE]
    return tree


def of_type(type_: str, file: str = "template.yaml", **parameters: str) -> dict[str, Tree]:
    """Return a template's resources of a type by logical id."""
    resources = deployed(file, **parameters)["Resources"]
    return {name: resource for name, resource in resources.items() if resource["Type"] == type_}


def functions(**parameters: str) -> dict[str, Tree]:
    """Return each function's properties, the globals among them."""
    shared = deployed(**parameters)["Globals"]["Function"]
    return {
        name: _merged(shared, function["Properties"])
        for name, function in of_type("AWS::Serverless::Function", **parameters).items()
    }


def _merged(shared: Tree, own: Tree) -> Tree:
    both = {name: shared[name] | own[name] for name in shared.keys() & own.keys() if isinstance(own[name], dict)}
    variables = [tree["Environment"]["Variables"] for tree in (shared, own)]
    return shared | own | both | {"Environment": {"Variables": variables[0] | variables[1]}}


def routes() -> dict[str, Tree]:
    """Return the properties of each HTTP event by path, the function's logical id among them as `Function`."""
    return {
        event["Properties"].get("Path", "$default"): event["Properties"] | {"Function": name}
        for name, function in functions().items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }


def statements(function: str, **parameters: str) -> list[Tree]:
    """Return the statements of a function's policy."""
    role = functions()[function]["Role"]["Fn::GetAtt"][0]
    policies = deployed(**parameters)["Resources"][role]["Properties"]["Policies"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def listed(value: object) -> list[Any]:
    """Return what may stand alone or in a list, as a list."""
    return value if isinstance(value, list) else [value]
