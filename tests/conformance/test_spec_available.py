"""That the functional tests really compare with the standard."""

from __future__ import annotations

import os

import pytest
from jsonschema import ValidationError

from support import conformance


def test_the_standard_is_required_in_ci() -> None:
    """CI needs the standard's folder; elsewhere the tests report that it is missing."""
    if not conformance.spec_is_here() and not os.environ.get("CI"):
        pytest.skip("the standard's OpenAPI files are not available: set DCI_SPEC to their folder")
    assert conformance.spec_is_here(), "the standard's OpenAPI files are not available: set DCI_SPEC to their folder"


@pytest.mark.skipif(not conformance.spec_is_here(), reason="the standard's OpenAPI files are not available")
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"header": {"message_id": "1", "message_ts": "2026-03-01T09:30:00", "action": "on-search"}}),
        (200, {"header": {"message_id": "1", "message_ts": "x", "action": "search", "status": "succ"}}),
        (400, {"errors": [{"code": "err.request.bad"}], "message": {"ack_status": "ERR"}}),
    ],
)
def test_a_response_outside_the_standard_is_noticed(status: int, body: object) -> None:
    """The check fails on a response that the standard does not allow."""
    with pytest.raises(ValidationError):
        conformance.check("/registry/sync/search", status, body)
