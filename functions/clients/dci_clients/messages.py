"""What administrators send: clients and changes of them, and places in lists."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from dci_common.clients.administration import Caller
from dci_common.clients.registration import NewClient
from dci_common.clients.secrets import MAX_OVERLAP_SECONDS, OVERLAP_SECONDS
from dci_common.clients.store import Client
from dci_common.edge.http import Request
from dci_common.errors import BadRequest, PreconditionRequired
from dci_common.validation import describe

M = TypeVar("M", bound=BaseModel)

CLIENT_PLACE = ("pk", "sk", "listed", "name_key")
LOG_PLACE = ("pk", "sk")
STATUSES = ("enabled", "disabled")
MAX_PAGE = 100
_DEFAULT_PAGE = 50
_MAX_TAGS = 1000  # characters of If-Match
_TAG = re.compile(r'"([1-9][0-9]{0,17})"')
_changes = TypeAdapter(dict[str, JsonValue])


class NewSecret(BaseModel):
    """A further secret of a client: in how many seconds the one before ends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    old_expires_in: Annotated[int, Field(strict=True, ge=0, le=MAX_OVERLAP_SECONDS)] = OVERLAP_SECONDS


def etag(client: Client) -> dict[str, str]:
    """Return the header that names a client's version (RFC 9110 §8.8.3)."""
    return {"ETag": f'"{client.version}"'}


def read_caller(request: Request, client_id: str) -> Caller:
    """Read who asks, and with `If-Match` for which versions alone."""
    tags = request.headers.get("if-match", "").strip()
    if tags in {"", "*"}:
        return Caller(client_id)
    # A tag that is none of ours, or a weak one, matches nothing (RFC 9110 §13.1.1).
    listed = [_TAG.fullmatch(tag.strip()) for tag in tags[:_MAX_TAGS].split(",")]
    return Caller(client_id, frozenset(int(tag[1]) for tag in listed if tag))


def check_conditional(request: Request) -> None:
    """Demand `If-Match`, so that nobody overwrites what he has not seen. Raises PreconditionRequired."""
    if not request.headers.get("if-match", "").strip():
        raise PreconditionRequired("Send the client's ETag as If-Match: GET it first.")


def read_new_client(request: Request) -> NewClient:
    """Read the body of `POST /clients`. Raises BadRequest or UnsupportedMediaType."""
    return _read(NewClient, request.json_body(), "The client")


def read_changes(request: Request) -> dict[str, Any]:
    """Read the body of `PATCH /clients/{client_id}`, its members not checked yet. Raises as read_new_client."""
    body = request.json_body()
    _check_members(body)
    try:
        return dict(_changes.validate_json(body))
    except ValidationError as error:
        raise BadRequest(describe(error, "The change")) from error


def read_new_secret(request: Request) -> NewSecret:
    """Read the body of `POST /clients/{client_id}/secrets`, which may be absent. Raises as read_new_client."""
    return _read(NewSecret, request.json_body(), "The secret") if request.body else NewSecret()


def read_page(query: str, members: tuple[str, ...]) -> tuple[int, dict[str, str] | None]:
    """Read `limit` and `next` of a list whose places have these members. Raises BadRequest."""
    parameters = dict(parse_qsl(query))
    limit = parameters.get("limit", str(_DEFAULT_PAGE))
    if not (limit.isascii() and limit.isdigit() and len(limit) <= len(str(MAX_PAGE)) and 1 <= int(limit) <= MAX_PAGE):
        raise BadRequest(f"limit must be a whole number from 1 to {MAX_PAGE}.")
    following = parameters.get("next")
    return int(limit), _place(following, members) if following else None


def read_status(query: str) -> str | None:
    """Read `status` of the list of clients; None is any. Raises BadRequest."""
    status = dict(parse_qsl(query)).get("status")
    if status not in {None, *STATUSES}:
        raise BadRequest(f"status must be {' or '.join(STATUSES)}.")
    return status


def next_page(place: Mapping[str, str] | None) -> dict[str, str]:
    """Write where the next page starts, as the member `next`; there is none after the last page."""
    return {"next": base64.urlsafe_b64encode(json.dumps(place).encode()).decode()} if place else {}


def not_a_place() -> BadRequest:
    """Return the refusal of a `next` that no page gave."""
    return BadRequest("next must be what the page before said, unchanged.")


def _read(model: type[M], body: bytes, root: str) -> M:
    _check_members(body)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise BadRequest(describe(error, root)) from error


def _check_members(body: bytes) -> None:
    """Refuse a member that is there twice: another reader would take the other one. Raises BadRequest."""

    def once(pairs: list[tuple[str, object]]) -> None:
        if len({name for name, _ in pairs}) < len(pairs):
            raise BadRequest("A member is repeated: send each one once.")

    with suppress(ValueError, RecursionError):  # what is no JSON is told by whoever reads it
        json.loads(body, object_pairs_hook=once)


def _place(token: str, members: tuple[str, ...]) -> dict[str, str]:
    try:
        place = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        place = None
    well_formed = isinstance(place, dict) and place.keys() == set(members) and all(map(_is_key, place.values()))
    if not well_formed or place.get("listed", "CLIENT") != "CLIENT":
        raise not_a_place()
    return {name: str(value) for name, value in place.items()}


def _is_key(value: object) -> bool:
    # As every key of a client is, so that DynamoDB takes it.
    return isinstance(value, str) and value.isprintable() and 0 < len(value.encode()) <= 1000  # noqa: PLR2004
