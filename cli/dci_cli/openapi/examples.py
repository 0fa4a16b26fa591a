"""The examples of the document: requests, and what the functions answered to them with the demo registry.

The answers are in answers.json, where the tests record them: without the values that differ each time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dci_cli.openapi.administration_examples import ADMINISTRATION_EXAMPLES
from dci_cli.openapi.example import Example
from dci_cli.openapi.operations import operation_of
from dci_cli.openapi.partner_examples import PARTNER_EXAMPLES

Tree = dict[str, Any]
EXAMPLES: dict[str, tuple[Example, ...]] = {**PARTNER_EXAMPLES, **ADMINISTRATION_EXAMPLES}
ANSWERS_FILE = Path(__file__).with_name("answers.json")
_PREFIX = "/{prefix}"


def example_name(route: str, example: Example) -> str:
    """Return the name of an example among all of the document."""
    return f"{operation_of(route).id}.{example.name}"


def named_examples() -> Tree:
    """Return all examples by name: requests, and answers, whose names end with `.answer`."""
    named: Tree = {}
    answers = _answers()
    for route, examples in EXAMPLES.items():
        for example in examples:
            name, status = example_name(route, example), f"Answered with {example.status}."
            if example.body is not None:
                named[name] = {"summary": example.summary, "description": status, "value": example.body}
            if name in answers:
                named[f"{name}.answer"] = {"summary": example.summary, "value": answers[name]}
    return named


def with_examples(paths: Tree, shared_responses: Tree) -> Tree:
    """Return the paths, each operation with references to its examples.

    Where an operation refers to a shared response, and has an example of it, it has a copy of its own.
    """
    return {
        path: {method: _with_own(f"{method.upper()} {path}", item[method], shared_responses) for method in item}
        for path, item in paths.items()
    }


def _with_own(route: str, operation: Tree, shared_responses: Tree) -> Tree:
    route = route.replace(_PREFIX, "")
    answers = _answers()
    responses = dict(operation["responses"])
    for example in EXAMPLES.get(route, ()):
        name = example_name(route, example)
        if example.body is not None:
            operation = operation | {"requestBody": _shown(operation["requestBody"], example.name, name)}
        if name in answers:
            found = responses[str(example.status)]
            found = shared_responses[found["$ref"].rpartition("/")[2]] if "$ref" in found else found
            responses[str(example.status)] = _shown(found, example.name, f"{name}.answer")
    return operation | {"responses": responses}


def _shown(body: Tree, key: str, name: str) -> Tree:
    """Return a body of a request or a response with one more example."""
    example = {key: {"$ref": f"#/components/examples/{name}"}}
    content = {
        media: {**shape, "examples": {**shape.get("examples", {}), **example}} if media != "text/html" else shape
        for media, shape in body["content"].items()
    }
    return {**body, "content": content}


def _answers() -> Tree:
    return dict(json.loads(ANSWERS_FILE.read_text("utf-8")))
