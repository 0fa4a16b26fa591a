"""Our responses against the standard's own OpenAPI, where its folder is at hand."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from support.events import ROOT

SPEC = Path(os.environ.get("DCI_SPEC", ROOT.parent / "shared" / "spec"))
_FILE = SPEC / "openapi-amended" / "social_api_v1.0.0.yaml"
_SEARCH = "#/paths/~1registry~1sync~1search/post/responses/default/content/application~1json/schema"
_ACKNOWLEDGEMENT = "#/components/responses/Response/content/application~1json/schema"
_HTTP_ERROR = "#/components/responses/HttpErrorResponse/content/application~1json/schema"

_formats = FormatChecker(formats=())


@_formats.checks("date-time")
def _is_date_time(value: object) -> bool:
    return isinstance(value, str) and bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value)
    )


def spec_is_here() -> bool:
    """Return whether the standard's folder is at hand."""
    return _FILE.exists()


def check(status: int, body: object) -> None:
    """Validate a response of the search route, which is the operation's even when it is an error.

    Raises jsonschema.ValidationError.
    """
    if not spec_is_here():
        return
    for pointer in [_SEARCH] if status == 200 else [_SEARCH, _HTTP_ERROR, _ACKNOWLEDGEMENT]:
        _validator(pointer).validate(body)
    _refuse_null(body)


@cache
def _validator(pointer: str) -> Any:
    registry: Any = Registry().with_resource("urn:spec", DRAFT202012.create_resource(_document()))
    return Draft202012Validator({"$ref": f"urn:spec{pointer}"}, registry=registry, format_checker=_formats)


@cache
def _document() -> Any:
    return yaml.load(_FILE.read_text(), yaml.CSafeLoader)


def _refuse_null(body: object) -> None:
    if body is None:
        raise AssertionError("a response holds null")
    children = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for child in children:
        _refuse_null(child)
