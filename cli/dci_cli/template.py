"""What a local deployment needs of the deployment template: routes, handlers and tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dci_cli.command_error import CommandError

try:
    from yaml import CSafeLoader as SafeLoader  # ten times as fast
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

_TABLE_MEMBERS = {"AttributeDefinitions", "KeySchema", "BillingMode"}
_FURTHER_TABLE_MEMBERS = {"GlobalSecondaryIndexes", "StreamSpecification"}


@dataclass(frozen=True, slots=True)
class Route:
    """A path of the API (`$default` is any other), and the dotted name of its handler."""

    path: str
    handler: str


@dataclass(frozen=True, slots=True)
class Template:
    """The routes; by logical id, the handler of each function and the definition (for CreateTable) of each table."""

    routes: tuple[Route, ...]
    handlers: dict[str, str]
    tables: dict[str, dict[str, Any]]


def read_template(path: Path) -> Template:
    """Read a SAM template. Raises CommandError."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
        resources = content["Resources"].items()
        routes = tuple(route for _, resource in resources for route in _routes(resource))
        handlers = {name: resource["Properties"]["Handler"] for name, resource in resources if _is_function(resource)}
        tables = {
            name: _table(resource) for name, resource in resources if resource["Type"] == "AWS::DynamoDB::Table"
        }
    except OSError as error:
        raise CommandError(f"The template {path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise CommandError(f"The template {path} is not valid YAML{line}.") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise CommandError(f"{path} is not a SAM template with functions and tables.") from error
    if "$default" not in {route.path for route in routes}:
        raise CommandError(f"The template {path} has no $default route, which answers unknown paths.")
    return Template(routes, handlers, tables)


def _is_function(resource: dict[str, Any]) -> bool:
    return bool(resource["Type"] == "AWS::Serverless::Function")


def _routes(resource: dict[str, Any]) -> list[Route]:
    if not _is_function(resource):
        return []
    properties = resource["Properties"]
    events = [event for event in properties.get("Events", {}).values() if event["Type"] == "HttpApi"]
    return [Route(event.get("Properties", {}).get("Path", "$default"), properties["Handler"]) for event in events]


def _table(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource["Properties"]
    table = {name: properties[name] for name in _TABLE_MEMBERS | (_FURTHER_TABLE_MEMBERS & properties.keys())}
    if "StreamSpecification" in table:  # CloudFormation has no member for that it is on
        table["StreamSpecification"] = {"StreamEnabled": True, **table["StreamSpecification"]}
    return table


class _Loader(SafeLoader):
    """Reads CloudFormation's short forms (`!Ref x`) as their content, since nothing here depends on their meaning."""


def _short_form(loader: _Loader, _tag: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)  # type: ignore[arg-type] # the third kind of node


_Loader.add_multi_constructor("!", _short_form)
