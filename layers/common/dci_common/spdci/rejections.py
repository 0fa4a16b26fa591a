"""Rejections: search items that cannot be served, with the standard's `rjct.*` code for each kind of error."""

from __future__ import annotations

from collections.abc import Mapping

from dci_common.registry.errors import InvalidCondition, InvalidQuery, InvalidSort, QueryError, TooManyMatches

MAX_MESSAGE = 999  # characters, by the standard
_CODES: Mapping[type[QueryError], str] = {
    InvalidQuery: "rjct.search_criteria.invalid",
    InvalidCondition: "rjct.filter.invalid",
    InvalidSort: "rjct.sort.invalid",
    TooManyMatches: "rjct.search.too_many_records_found",
}


class Rejection(Exception):
    """A search item that cannot be served, in a message whose other items are (`status: rjct`, HTTP 200)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def rejection_of(error: Rejection | QueryError) -> Rejection:
    """Return the rejection that reports an error."""
    return error if isinstance(error, Rejection) else Rejection(_CODES[type(error)], error.message)
