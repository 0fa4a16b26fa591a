"""The message envelope and the sync search request, as the standard's OpenAPI (social v1.0.0) has them.

Members that the standard does not name are ignored. Beyond the standard, the models accept what its own samples and
partners send; see fields.py. A validation error whose type begins with `err.` is answered with that code.
"""

from __future__ import annotations

import re
from typing import Annotated, NamedTuple, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic_core import PydanticCustomError

from dci_common.errors import InvalidEnvelope, InvalidRequest
from dci_common.spdci.fields import (
    MAX_ID_BYTES,
    Blankable,
    Count,
    DateTime,
    Id,
    Message,
    OptionalId,
    OptionalObject,
    OptionalText,
)
from dci_common.spdci.search_items import ReadItem
from dci_common.validation import describe

VERSION = "1.0.0"
SEARCH = "search"
MAX_ITEMS = 100
MAX_TRANSACTION_ID = 99
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S{1,2000}")


def _version(value: str | None) -> str:
    if value not in {None, VERSION}:
        raise PydanticCustomError("err.version.not_supported", "must be 1.0.0")
    return VERSION


def _uri(value: str | None) -> str | None:
    if value is not None and not _URI.fullmatch(value):
        raise PydanticCustomError("err.sender_uri.invalid", "must be an absolute URI")
    return value


def _plaintext(value: bool | None) -> bool:  # noqa: FBT001 - a validator
    if value:
        raise PydanticCustomError("err.encryption.invalid", "must be false: send the message in plain JSON")
    return False


def few_items(items: object) -> object:
    """Return just too many items of a longer list: reading a million faulty ones would take seconds."""
    return items[: MAX_ITEMS + 1] if isinstance(items, list) else items


class RequestHeader(Message):
    """MsgHeader_V1.0.0. `total_count` is not compared with the number of items: partners send other numbers."""

    version: Annotated[OptionalText, AfterValidator(_version)] = VERSION
    message_id: Id
    message_ts: DateTime
    action: Annotated[str, StringConstraints(min_length=1, max_length=99)]
    sender_id: Id
    sender_uri: Annotated[OptionalText, AfterValidator(_uri)] = None
    receiver_id: OptionalId = None
    total_count: Annotated[Count | None, Blankable] = None
    is_msg_encrypted: Annotated[bool | None, Blankable, AfterValidator(_plaintext)] = False
    meta: OptionalObject = None


class Envelope(Message):
    """A request of which only the header is read."""

    signature: OptionalText = None
    header: RequestHeader


class SearchMessage(Message):
    """SearchRequest of the sync search, in which partners also send an empty `transaction_id`."""

    transaction_id: Annotated[str, StringConstraints(max_length=MAX_TRANSACTION_ID)]
    search_request: Annotated[list[ReadItem], BeforeValidator(few_items)]


class SearchEnvelope(Envelope):
    """A whole search request. With an action other than `search`, its message is not read."""

    message: SearchMessage = Field(repr=False)

    @field_validator("message", mode="wrap")
    @classmethod
    def _read_message(cls, value: object, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> SearchMessage:
        header = info.data.get("header")
        if header is None or header.action == SEARCH:
            return cast("SearchMessage", read(value))
        return SearchMessage(transaction_id=sent_ids({"message": value}).transaction_id, search_request=[])


class SentIds(NamedTuple):
    """The ids of a message by which its sender knows the answer; empty where the message has none."""

    message_id: str
    transaction_id: str


def sent_ids(message: object) -> SentIds:
    """Return the ids of a message, whatever else is wrong with it."""
    return SentIds(
        _sent_id(_member(message, "header"), "message_id", MAX_ID_BYTES),
        _sent_id(_member(message, "message"), "transaction_id", MAX_TRANSACTION_ID),
    )


def _sent_id(part: object, name: str, most: int) -> str:
    value = _member(part, name)
    return value if isinstance(value, str) and len(value) <= most else ""


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


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
