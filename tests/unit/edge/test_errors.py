"""The mapping from errors to HTTP responses."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from dci_common import errors
from dci_common.edge import errors as edge_errors
from dci_common.edge.errors import OUTCOMES, HttpError, error_response, is_expected
from dci_common.registry.errors import RegistryBusy


def documented() -> dict[str, tuple[int, str, str]]:
    """Return the rows of the module's table, by the name of the error."""
    row = re.compile(r"^\| [│├└─ ]*(\w+)[^|]* \| (\d+)[^|]*\| ([^|]+) \| (\w+) \|", re.MULTILINE)
    rows = row.findall(str(edge_errors.__doc__))
    return {name: (int(status), code, oauth_error) for name, status, code, oauth_error in rows}


def test_the_drawn_tree_is_the_mapping() -> None:
    """The table in the docstring has the status, code and OAuth error of every error that is mapped."""
    mapped = {class_.__name__: tuple(outcome) for class_, outcome in OUTCOMES.items() if class_ is not Exception}
    table = documented()
    table.pop("BotoCoreError")
    assert table.pop("InvalidEnvelope")[0] == 400
    table.pop("any")
    assert table == mapped


def test_every_domain_error_is_expected() -> None:
    """No error that the domain or the edge raises is answered as a failure of the server."""
    classes = [class_ for module in (errors, edge_errors) for class_ in vars(module).values() if is_error(class_)]
    assert len(classes) == 19
    assert [class_.__name__ for class_ in classes if not OUTCOMES.keys() & {class_, *class_.__bases__}] == []


def is_error(value: object) -> bool:
    """Return whether a member of a module is one of the errors of the tree."""
    bases = (errors.DomainError, HttpError)
    return isinstance(value, type) and issubclass(value, bases) and value not in bases


def test_an_error_without_a_row_has_the_row_of_its_parent() -> None:
    """A subclass without a row of its own is answered like its parent error."""
    answer = error_response(RegistryBusy())
    assert (answer.status, answer.code, answer.headers) == (503, "err.service.unavailable", {"Retry-After": "2"})


@pytest.mark.parametrize(
    "error",
    [ClientError({"Error": {"Code": "Any", "Message": "secret"}}, "Query"), ReadTimeoutError(endpoint_url="x")],
)
def test_an_aws_failure_is_unavailable(error: Exception) -> None:
    """A failed call to AWS is answered with 503 and a time to retry, logged, and none of its text is repeated."""
    answer = error_response(error)
    assert (answer.status, answer.headers) == (503, {"Retry-After": "5"})
    assert answer.message == "The registry cannot be reached; try again shortly."
    assert not is_expected(error)


def test_the_text_of_an_unexpected_error_is_not_repeated() -> None:
    """An unexpected exception is answered with 500 and a fixed sentence."""
    answer = error_response(KeyError("a person's name"))
    assert (answer.status, answer.code) == (500, "err.service.unavailable")
    assert "person" not in answer.message
