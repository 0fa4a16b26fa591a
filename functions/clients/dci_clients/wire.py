"""What administrators send: the body of a new client, and the place of a page in the list."""

from __future__ import annotations

import base64
import binascii
import json
from urllib.parse import parse_qsl

from pydantic import ValidationError

from dci_common.auth.registration import NewClient
from dci_common.errors import BadRequest
from dci_common.schemas.problems import describe

_PLACE = {"pk", "sk", "listed", "name_key"}
MAX_PAGE = 100
_DEFAULT_PAGE = 50


def read_new_client(body: bytes) -> NewClient:
    """Read the body of `POST /clients`. Raises BadRequest."""
    try:
        return NewClient.model_validate_json(body)
    except ValidationError as error:
        raise BadRequest(describe(error, "The client")) from error


def read_page(query: str) -> tuple[int, dict[str, str] | None]:
    """Read `limit` and `next` of a list's query string. Raises BadRequest."""
    parameters = dict(parse_qsl(query))
    limit = parameters.get("limit", str(_DEFAULT_PAGE))
    if not (limit.isascii() and limit.isdigit() and len(limit) <= len(str(MAX_PAGE)) and 1 <= int(limit) <= MAX_PAGE):
        raise BadRequest(f"limit must be a whole number from 1 to {MAX_PAGE}.")
    following = parameters.get("next")
    return int(limit), _place(following) if following else None


def page_token(place: dict[str, str]) -> str:
    """Write where the next page starts, as the `next` of the query string."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(token: str) -> dict[str, str]:
    try:
        place = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        place = None
    well_formed = isinstance(place, dict) and place.keys() == _PLACE and all(map(_is_key, place.values()))
    if not well_formed or place["listed"] != "CLIENT":
        raise BadRequest("next must be what the page before said, unchanged.")
    return {name: str(value) for name, value in place.items()}


def _is_key(value: object) -> bool:
    # As every key of a client is, so that DynamoDB takes it.
    return isinstance(value, str) and value.isprintable() and 0 < len(value.encode()) <= 1000  # noqa: PLR2004
