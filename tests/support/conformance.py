"""Our responses against the standard's own OpenAPI, where its folder is available."""

from __future__ import annotations

import json
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
_AMENDED, _OFFICIAL = "openapi-amended/social_api_v1.0.0.yaml", "openapi/social_api_v1.0.0.yaml"
# The official social file has no subscriptions, and no social file has the status of one.
_CORE, _CRVS = "openapi/registry_core_api_v1.0.0.yaml", "openapi-amended/crvs_api_v1.0.0.yaml"
_SCHEMA = "content/application~1json/schema"
_ACKNOWLEDGEMENT = f"#/components/responses/Response/{_SCHEMA}"
_HTTP_ERROR = f"#/components/responses/HttpErrorResponse/{_SCHEMA}"
# The official file has references that lead through other references, where there is nothing.
_BROKEN = {
    f"#/paths/~1registry~1search/post/requestBody/{_SCHEMA}/properties/message/oneOf/0/": "SearchRequest",
    f"#/paths/~1registry~1txn~1on-status/post/requestBody/{_SCHEMA}/properties/message/oneOf/0/": "TxnStatusResponse",
}
_CALLBACKS = {"on-search": "on-search", "txn-on-status": "txn/on-status"}
# It requires members of a subscription that it does not name, and an identifier's filter is two things at once.
_WRONG = {
    "- subscription_code\n        - timestamp\n        - subscribe_criteria": "- code\n        - timestamp",
    "oneOf:\n        - $ref: '#/components/schemas/ExpTem": "anyOf:\n        - $ref: '#/components/schemas/ExpTem",
}
_ON_SUBSCRIPTIONS = {"on-subscribe", "on-unsubscribe"}
_EVENT_TYPES = {"REGISTER", "UPDATE", "DEREGISTER", "register", "update", "deregister", "NewHouseHoldMember"}
_TXN_TYPES = {"subscribe", "unsubscribe"}
_ASYNCHRONOUS = {"registry/search", "registry/subscribe", "registry/unsubscribe", "registry/txn/status"}

_formats = FormatChecker(formats=())


@_formats.checks("date-time")
def _is_date_time(value: object) -> bool:
    return isinstance(value, str) and bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value)
    )


def spec_is_here() -> bool:
    """Return whether the standard's folder is available."""
    return (SPEC / _AMENDED).exists()


def check(path: str, status: int, body: object) -> None:
    """Validate a response of one of the registry's routes; that of another route is not the standard's.

    The response of a sync route is the operation's even when it is an error. Raises jsonschema.ValidationError.
    """
    operation = path[path.find("/registry/") + 1 :]
    if operation in _ASYNCHRONOUS:
        pointers = [_ACKNOWLEDGEMENT] if status == 200 else [_HTTP_ERROR, _ACKNOWLEDGEMENT]
    elif operation in {"registry/sync/search", "registry/sync/txn/status"}:
        answer = f"#/paths/~1{operation.replace('/', '~1')}/post/responses/default/{_SCHEMA}"
        pointers = [answer] if status == 200 else [answer, _HTTP_ERROR, _ACKNOWLEDGEMENT]
    else:
        return
    if operation == "registry/sync/txn/status" and _is_about_subscriptions(body):
        _check_subscription_status(pointers[0], body)
        return
    # Searches are many, and the schema of their responses is the same in both files.
    _check(pointers, [_AMENDED] if operation == "registry/sync/search" else [_AMENDED, _OFFICIAL], body)


def check_callback(body: Any) -> None:
    """Validate what is sent to a partner. Raises jsonschema.ValidationError."""
    action = body["header"]["action"]
    if action == "notify":
        _check([_request(action)], [_AMENDED, _CORE], _of_december(body))
    elif action in _ON_SUBSCRIPTIONS:
        _check([_request(action)], [_AMENDED, _CORE], body)
    elif _is_about_subscriptions(body):
        _check_subscription_status(_request(_CALLBACKS[action]), body)
    else:
        _check([_request(_CALLBACKS[action])], [_AMENDED, _OFFICIAL], body)


def _of_december(notification: dict[str, Any]) -> dict[str, Any]:
    """Return a notification as the files of December 2025 have it: one record, and one of their two event types.

    The others are named by the standard's test suite.
    """
    found = json.loads(json.dumps(notification))
    for event in found["message"]["notify_event"]:
        data = event["data"]
        if isinstance(data["reg_records"], list):
            (data["reg_records"],) = data["reg_records"]
        type_ = data["reg_event_type"]
        assert type_ in _EVENT_TYPES, type_
        data["reg_event_type"] = type_ if type_ == "NewHouseHoldMember" else "REGISTER"
    return dict(found)


def _is_about_subscriptions(body: Any) -> bool:
    status = body.get("message", {}).get("txnstatus_response", {})
    return status.get("txn_type") in _TXN_TYPES


def _check_subscription_status(pointer: str, body: Any) -> None:
    """Validate the status of a subscription; the official file has other names for the types of transactions."""
    _check([pointer], [_CRVS], body)
    status = body["message"]["txnstatus_response"]
    named = {**status, "txn_type": f"on-{status['txn_type']}"}
    _check([pointer], [_CORE], {**body, "message": {**body["message"], "txnstatus_response": named}})


def forbids(path: str, body: object) -> bool:
    """Return whether the standard forbids a request of a route such as `registry/search`.

    The official file forbids most of them: where it says `oneOf`, a string that is two things at once is neither.
    """
    return bool([*_validator(_AMENDED, _request(path.removeprefix("registry/"))).iter_errors(body)])


def _request(path: str) -> str:
    return f"#/paths/~1registry~1{path.replace('/', '~1')}/post/requestBody/{_SCHEMA}"


def _check(pointers: list[str], files: list[str], body: object) -> None:
    if not spec_is_here():
        return
    for pointer in pointers:
        for file in files:
            _validator(file, pointer).validate(body)
    _refuse_null(body)


@cache
def _validator(file: str, pointer: str) -> Any:
    registry: Any = Registry().with_resource("urn:spec", DRAFT202012.create_resource(_document(file)))
    return Draft202012Validator({"$ref": f"urn:spec{pointer}"}, registry=registry, format_checker=_formats)


@cache
def _document(file: str) -> Any:
    text = (SPEC / file).read_text()
    for broken, schema in _BROKEN.items():
        text = text.replace(broken, f"#/components/schemas/{schema}/")
    for wrong, right in _WRONG.items():
        text = text.replace(wrong, right)
    return yaml.load(text, yaml.CSafeLoader)


def _refuse_null(body: object) -> None:
    if body is None:
        raise AssertionError("a response holds null")
    children = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for child in children:
        _refuse_null(child)
