"""Requests of administrators: their bodies, query parameters and preconditions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from dci_common.clients.access import Bearer
from dci_common.clients.changes import Caller
from dci_common.clients.model import MAX_NAME_BYTES, STATUSES, Client, is_client_id, name_key
from dci_common.clients.proposal import APPROVAL_STATUSES, ApprovalStatus
from dci_common.clients.registration import NewClient, NewSecret
from dci_common.edge.http import Request
from dci_common.edge.positions import DUE_POSITION, invalid_next, read_limit, read_position
from dci_common.errors import InvalidRequest, VersionRequired
from dci_common.operators.access import OperatorBearer
from dci_common.validation import describe

M = TypeVar("M", bound=BaseModel)

_MAX_TAGS = 1000  # characters of If-Match
_TAG = re.compile(r'"([1-9][0-9]{0,17})"')
_DIGEST_TAG = re.compile(r'"([0-9a-f]{64})"')
_DUE = re.compile(r"[0-9]{1,15}")
_changes = TypeAdapter(dict[str, JsonValue])


def client_id(request: Request) -> str:
    """Return the client id of the path."""
    return request.parameters.get("client_id", "")


def etag(client: Client) -> dict[str, str]:
    """Return the header that names a client's version (RFC 9110 §8.8.3)."""
    return {"ETag": f'"{client.version}"'}


def read_caller(request: Request, bearer: Bearer | OperatorBearer) -> Caller:
    """Return the caller, with the versions that `If-Match` limits the change to."""
    versions = _versions(request.headers.get("if-match", "").strip())
    match bearer:
        case OperatorBearer(operator):
            return Caller(operator.id, versions, bearer, operator.readable_name)
        case Bearer(_, client):
            return Caller(client.client_id, versions, bearer)


def _versions(tags: str) -> frozenset[int] | None:
    if tags in {"", "*"}:
        return None
    # An unknown tag, or a weak one, matches nothing (RFC 9110 §13.1.1).
    listed = [_TAG.fullmatch(tag.strip()) for tag in tags[:_MAX_TAGS].split(",")]
    return frozenset(int(tag[1]) for tag in listed if tag)


def read_digests(request: Request) -> frozenset[str]:
    """Return the digests of `If-Match`, of the changes that an approver has seen. Raises VersionRequired."""
    tags = request.headers.get("if-match", "").strip()
    if not tags:
        raise VersionRequired("Send the approval's ETag as If-Match: GET it first, and read what it changes.")
    listed = [_DIGEST_TAG.fullmatch(tag.strip()) for tag in tags[:_MAX_TAGS].split(",")]
    return frozenset(tag[1] for tag in listed if tag)


def check_conditional(request: Request) -> None:
    """Require `If-Match`, so that a caller cannot overwrite changes that it has not read. Raises VersionRequired."""
    if not request.headers.get("if-match", "").strip():
        raise VersionRequired("Send the client's ETag as If-Match: GET it first.")


def read_new_client(request: Request) -> NewClient:
    """Return the body of `POST /clients`. Raises InvalidRequest or UnsupportedMediaType."""
    return _read(NewClient, request.json_body(), "The client")


def read_changes(request: Request) -> dict[str, Any]:
    """Return the body of `PATCH /clients/{client_id}`, its members not checked yet. Raises as read_new_client."""
    body = request.json_body()
    check_members(body)
    try:
        return dict(_changes.validate_json(body))
    except ValidationError as error:
        raise InvalidRequest(describe(error, "The change")) from error


def read_new_secret(request: Request) -> NewSecret:
    """Return the body of `POST /clients/{client_id}/secrets`, which is optional. Raises as read_new_client."""
    return _read(NewSecret, request.json_body(), "The secret") if request.body else NewSecret()


def read_page(query: str, members: tuple[str, ...], listed: str = "") -> tuple[int, dict[str, str] | None]:
    """Return `limit` and `next` of a list whose positions have these members. Raises InvalidRequest."""
    parameters = dict(parse_qsl(query))
    return read_limit(parameters), read_position(parameters, members, listed)


def read_due_page(query: str, kinds: Mapping[str, str]) -> tuple[int, dict[str, str] | None]:
    """Return `limit` and `next` of a list of partitions of the index `due`. Raises InvalidRequest.

    `kinds` are what each partition lists: the sort key, with which the partition key begins too.
    """
    limit, position = read_page(query, DUE_POSITION)
    if position:
        kind = kinds.get(position["queue"])
        is_key = position["sk"] == kind and position["pk"].startswith(f"{kind}#")
        if not is_key or not _DUE.fullmatch(position["due"]):
            raise invalid_next()
    return limit, position


def read_status(query: str) -> str | None:
    """Return `status` of the list of clients; None is any. Raises InvalidRequest."""
    status = dict(parse_qsl(query)).get("status")
    if status not in {None, *STATUSES}:
        raise InvalidRequest(f"status must be {' or '.join(STATUSES)}.")
    return status


def read_approval_status(query: str) -> ApprovalStatus | None:
    """Return `status` of the list of approvals; None is any. Raises InvalidRequest."""
    wanted = dict(parse_qsl(query)).get("status")
    if wanted is None:
        return None
    for status in APPROVAL_STATUSES:
        if status == wanted:
            return status
    raise InvalidRequest(f"status must be one of {', '.join(APPROVAL_STATUSES)}.")


def read_name(query: str) -> str | None:
    """Return `name` of the list of clients; None is any."""
    return dict(parse_qsl(query, keep_blank_values=True)).get("name")


def read_beginning(query: str) -> str:
    """Return the key of `name_begins` of the list of clients; empty for any name. Raises InvalidRequest."""
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    if "name_begins" not in parameters:
        return ""
    key = name_key(parameters["name_begins"])
    if not 0 < len(key.encode()) <= MAX_NAME_BYTES or "name" in parameters:
        raise InvalidRequest(f"name_begins must have 1 to {MAX_NAME_BYTES} bytes, and no name beside it.")
    return key


def read_client_id(query: str) -> str | None:
    """Return `client_id` of a list of exchanges, or of subscriptions; None is any. Raises InvalidRequest."""
    client_id = dict(parse_qsl(query, keep_blank_values=True)).get("client_id")
    if client_id is not None and not is_client_id(client_id):
        raise InvalidRequest("client_id must be the id of a client.")
    return client_id


def check_members(body: bytes) -> None:
    """Reject a repeated member, of which different parsers take different values. Raises InvalidRequest."""

    def once(pairs: list[tuple[str, object]]) -> None:
        if len({name for name, _ in pairs}) < len(pairs):
            raise InvalidRequest("A member is repeated: send each one once.")

    with suppress(ValueError, RecursionError):  # the caller reports what is not JSON
        json.loads(body, object_pairs_hook=once)


def _read(model: type[M], body: bytes, root: str) -> M:
    check_members(body)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise InvalidRequest(describe(error, root)) from error
