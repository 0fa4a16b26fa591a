"""The items of a search message. A fault of one item of a sync search rejects that item, and no other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from dci_common.spdci.fields import (
    Blankable,
    DateTime,
    Message,
    OptionalId,
    OptionalObject,
    OptionalText,
    Ordinal,
    RepeatedId,
)
from dci_common.spdci.rejections import Rejection
from dci_common.validation import describe

_LOCALE = re.compile(r"[a-z]{3}")
# By the member in which the fault is; in any other it is one of the criteria.
_CODES = {
    "reference_id": "rjct.reference_id.invalid",
    "timestamp": "rjct.timestamp.invalid",
    "pagination": "rjct.pagination.invalid",
}


def _locale(value: str | None) -> str | None:
    if value is not None and not _LOCALE.fullmatch(value):
        raise PydanticCustomError("rule", "must be a language code of three lower-case letters, such as eng")
    return value


Locale = Annotated[OptionalText, AfterValidator(_locale)]


class Pagination(Message):
    """Which page of an item's matches. A page size over 2,000 rejects the item, not the message."""

    page_size: Ordinal
    page_number: Annotated[Ordinal | None, Blankable] = None
    cursor: OptionalText = None


class UrlPage(Pagination):
    """A page that the URL asks for: by a client that cannot follow cursors, so it may be as deep as can be read."""


_OptionalPagination = Annotated[Pagination | None, Blankable]


class SearchCriteria(Message):
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


class SearchItem(Message):
    """One search of a message. Some partners send `pagination` here instead of in the criteria."""

    reference_id: RepeatedId
    timestamp: DateTime
    search_criteria: SearchCriteria
    pagination: _OptionalPagination = None
    locale: Locale = None


class RejectedItem(NamedTuple):
    """An item that cannot be read; its `reference_id` is empty when that is at fault."""

    reference_id: str
    rejection: Rejection
    locale: None = None


def _read_item(value: object, read: ValidatorFunctionWrapHandler) -> SearchItem | RejectedItem:
    try:
        item: SearchItem = read(value)
    except ValidationError as error:
        if not isinstance(value, dict):
            raise
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        at_fault = {str(problem["loc"][0]) for problem in problems}
        location = problems[0]["loc"]
        code = next((_CODES[part] for part in location if part in _CODES), "rjct.search_criteria.invalid")
        reference_id = "" if "reference_id" in at_fault else value["reference_id"]
        return RejectedItem(reference_id, Rejection(code, describe(error, "The item")))
    return item


if TYPE_CHECKING:
    ReadItem = SearchItem | RejectedItem
else:  # pydantic, and the description of the API, need to know of the one that is sent
    ReadItem = Annotated[SearchItem, WrapValidator(_read_item)]
