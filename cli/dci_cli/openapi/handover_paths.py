"""The paths of the page at which a secret is handed over: a form is answered with a page, and JSON with JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dci_cli.openapi.schemas import ref

Tree = dict[str, Any]
_JSON, _HTML = "application/json", "text/html"
_FORM = "application/x-www-form-urlencoded"


def handover_paths(errors: Mapping[int, str]) -> Tree:
    """Return the paths at which a partner's officer makes a secret; `errors` describes each status."""
    page: Tree = {"schema": {"type": "string"}}
    accepted = {media: {"schema": ref("LinkAndCode")} for media in (_JSON, _FORM)}
    redeemed = {"description": "Done", "content": {_JSON: {"schema": ref("RedeemedSecret")}, _HTML: page}}
    failed = {
        str(status): {"description": errors[status], "content": {_JSON: {"schema": ref("Error")}, _HTML: page}}
        for status in (400, 403, 404, 409, 413, 415, 429, 500, 503)
    }
    return {
        "/handover": {
            "get": _static("The page that asks for the code of a handover", _HTML),
            "post": {
                "summary": "Make the secret of a handover, with its link and its code",
                "requestBody": {"content": accepted, "required": True},
                "responses": {"200": redeemed, **failed},
            },
        },
        "/handover/handover.js": {"get": _static("The script of this page", "text/javascript")},
    }


def _static(summary: str, media: str) -> Tree:
    done = {"description": "Done", "content": {media: {"schema": {"type": "string"}}}}
    failed = {"500": {"$ref": "#/components/responses/Error500"}}
    return {"summary": summary, "responses": {"200": done, **failed}}
