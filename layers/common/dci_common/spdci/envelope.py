"""The message envelope and the sync search request, as the standard's OpenAPI (social v1.0.0) has them.

Members that the standard does not name are ignored. Beyond the standard, the models accept what its own samples and
partners send; see fields.py. A validation error whose type begins with `err.` is answered with that code.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, FailFast, Field, ValidationError
from pydantic_core import PydanticCustomError

from dci_common.errors import InvalidEnvelope, InvalidRequest
from dci_common.spdci.fields import (
    Blankable,
    Count,
    DateTime,
    Id,
    OptionalId,
    OptionalObject,
    OptionalText,
    Ordinal,
    ShortId,
)
from dci_common.validation import describe

VERSION = "1.0.0"
_LOCALE = re.compile(r"[a-z]{3}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S{1,2000}")


def _version(value: str | None) -> str:
    if value not in {None, VERSION}:
        raise PydanticCustomError("err.version.not_supported", "must be 1.0.0")
    return VERSION


def _uri(value: str | None) -> str | None:
    if value is not None and not _URI.fullmatch(value):
        raise PydanticCustomError("err.sender_uri.invalid", "must be an absolute URI")
    return value


def _locale(value: str | None) -> str | None:
    if value is not None and not _LOCALE.fullmatch(value):
        raise PydanticCustomError("rule", "must be a language code of three lower-case letters, such as eng")
    return value


def _plaintext(value: bool | None) -> bool:  # noqa: FBT001 - a validator
    if value:
        raise PydanticCustomError("err.encryption.invalid", "must be false: send the message in plain JSON")
    return False


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class RequestHeader(_Model):
    """MsgHeader_V1.0.0. `total_count` is not compared with the number of items: partners send other numbers."""

    version: Annotated[OptionalText, AfterValidator(_version)] = VERSION
    message_id: Id
    message_ts: DateTime
    action: Literal["search"]
    sender_id: Id
    sender_uri: Annotated[OptionalText, AfterValidator(_uri)] = None
    receiver_id: OptionalId = None
    total_count: Count
    is_msg_encrypted: Annotated[bool | None, Blankable, AfterValidator(_plaintext)] = False
    meta: OptionalObject = None


class Pagination(_Model):
    """Which page of an item's matches. A page size over 2,000 rejects the item, not the message."""

    page_size: Ordinal
    page_number: Annotated[Ordinal | None, Blankable] = None
    cursor: OptionalText = None


_OptionalPagination = Annotated[Pagination | None, Blankable]


class SearchCriteria(_Model):
    """What is searched. `query` and `sort` are parsed per item, so that an invalid query rejects only its item."""

    version: OptionalText = None
    reg_type: OptionalId = None
    reg_record_type: OptionalId = None
    reg_event_type: OptionalText = None
    query_type: Literal["idtype-value", "expression", "predicate"]
    query: Any
    response_entity: OptionalId = None
    sort: Annotated[Any, Blankable] = None
    pagination: _OptionalPagination = None
    consent: OptionalObject = None
    authorize: OptionalObject = None


class SearchItem(_Model):
    """One search of a message. Some partners send `pagination` here instead of in the criteria."""

    reference_id: Id
    timestamp: DateTime
    search_criteria: SearchCriteria
    pagination: _OptionalPagination = None
    locale: Annotated[OptionalText, AfterValidator(_locale)] = None


class SearchMessage(_Model):
    """SearchRequest."""

    transaction_id: ShortId
    # A list of any length can be invalid: at its first fault there is enough to report.
    search_request: Annotated[list[SearchItem], FailFast()]


class SearchEnvelope(_Model):
    """A whole search request."""

    signature: OptionalText = None
    header: RequestHeader
    message: SearchMessage = Field(repr=False)


E = TypeVar("E", bound=BaseModel)


def read_envelope(model: type[E], body: bytes) -> E:
    """Return a message. Raises InvalidRequest, or InvalidEnvelope for a member with an `err.*` code of its own."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        # An encrypted message has no readable items: that is reported first, not the members that are then missing.
        codes = sorted({problem["type"] for problem in problems if problem["type"].startswith("err.")})
        if not codes:
            raise InvalidRequest(describe(error, "The body")) from error
        reported = next(problem for problem in problems if problem["type"] == codes[0])
        where = ".".join(map(str, reported["loc"]))
        raise InvalidEnvelope(f"{where} {reported['msg']}.", codes[0]) from error
