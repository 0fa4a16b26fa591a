"""Rejections: each error of a search has a code of the standard."""

from __future__ import annotations

import pytest

from dci_common.registry.errors import InvalidCondition, InvalidQuery, InvalidSort, QueryError, TooManyMatches
from dci_common.spdci.rejections import Rejection, rejection_of

CODES = {
    InvalidQuery: "rjct.search_criteria.invalid",
    InvalidCondition: "rjct.filter.invalid",
    InvalidSort: "rjct.sort.invalid",
    TooManyMatches: "rjct.search.too_many_records_found",
}


@pytest.mark.parametrize(("error", "code"), CODES.items())
def test_an_error_is_rejected_with_its_code(error: type[QueryError], code: str) -> None:
    """The code follows from the class, and the message is the error's own."""
    rejection = rejection_of(error("Ask for less."))
    assert (rejection.code, rejection.message) == (code, "Ask for less.")


def test_every_query_error_has_a_code() -> None:
    """A class of errors without a code would be a failure of the server."""
    assert set(QueryError.__subclasses__()) == CODES.keys()


def test_a_rejection_stays_as_it_is() -> None:
    """What was rejected outside the registry keeps its code."""
    rejection = Rejection("rjct.pagination.invalid", "page_size must be at most 2000.")
    assert rejection_of(rejection) is rejection
