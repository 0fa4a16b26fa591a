"""The AWS command line as docs/operations.md uses it: `python -m support.aws_cli STACK_FILE SERVICE OPERATION ...`.

The file has the `outputs` and `resources` of a stack, for engines without CloudFormation and STS. If its name is
empty, every service is asked at AWS_ENDPOINT_URL.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import jmespath
from botocore import xform_name

_OF_THE_COMMAND = {"output", "query", "region"}


def main(stack: str, service: str, operation: str, *arguments: str) -> int:
    """Run a command, and print what it answers."""
    stack = stack if service in {"cloudformation", "sts"} else ""
    if operation == "wait":
        operation, *rest = arguments
        options = _options(rest)
        if not stack:
            client = boto3.client(service)  # type: ignore[call-overload]
            names = {name: "".join(part.title() for part in name.split("-")) for name in options}
            client.get_waiter(operation.replace("-", "_")).wait(**{names[name]: options[name] for name in options})
        return 0
    if service == "s3":  # whose commands are no operations: a bucket is only named here
        return 0
    options = _options(arguments)
    answer = _of_the_stack(stack, operation, options) if stack else _ask(service, operation, options)
    if "query" in options:
        answer = jmespath.search(options["query"], answer)
    if answer not in ({}, None):
        is_text = options.get("output") == "text"
        sys.stdout.write(f"{_text(answer) if is_text else json.dumps(answer, indent=4, default=str)}\n")
    return 0


def _of_the_stack(file: str, operation: str, options: dict[str, str]) -> Any:
    stack = json.loads(Path(file).read_text())
    match operation:
        case "describe-stacks":
            outputs = [{"OutputKey": name, "OutputValue": value} for name, value in stack["outputs"].items()]
            return {"Stacks": [{"Outputs": outputs}]}
        case "describe-stack-resource":
            name = stack["resources"][options["logical-resource-id"]]
            return {"StackResourceDetail": {"PhysicalResourceId": name}}
        case "get-caller-identity":
            return {"Account": "123456789012"}
    return {}  # the stack's end is not this engine's


def _options(arguments: Any) -> dict[str, str]:
    words: list[str] = list(arguments)
    found: dict[str, str] = {}
    while words:
        name = words.pop(0).removeprefix("--")
        found[name] = words.pop(0) if words and not words[0].startswith("--") else "true"
        if found[name].startswith("file://"):
            found[name] = Path(found[name].removeprefix("file://")).read_text()
    return found


def _ask(service: str, operation: str, options: dict[str, str]) -> Any:
    client = boto3.client(service, region_name=options.get("region"))  # type: ignore[call-overload]
    method = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    answer = getattr(client, method)(**dict(_members(shape, options)))
    answer.pop("ResponseMetadata", None)
    return answer


def _members(shape: Any, options: dict[str, str]) -> Iterator[tuple[str, Any]]:
    names = {xform_name(name, "-"): name for name in shape.members}
    for option, value in options.items():
        if option in _OF_THE_COMMAND:
            continue
        is_negated = option not in names
        name = names[option.removeprefix("no-") if is_negated else option]
        yield name, False if is_negated else _value(shape.members[name], value)


def _value(shape: Any, text: str) -> Any:
    match shape.type_name:
        case "boolean":
            return text == "true"
        case "integer" | "long":
            return int(text)
        case "structure" if not text.startswith("{"):
            pairs = (pair.partition("=") for pair in text.split(","))
            return {name: _value(shape.members[name], value) for name, _, value in pairs}
        case "structure":
            return json.loads(text) if text != "{}" else {}
        case "list":
            return [_value(shape.member, one) for one in text.split()]
    return text


def _text(answer: Any) -> str:
    return "\t".join(map(str, answer)) if isinstance(answer, list) else str(answer)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
