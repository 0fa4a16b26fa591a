"""Rejected items of accepted messages (HTTP 200, `status: rjct`)."""

from __future__ import annotations

from dci_cli.local.demo import KNOWN_UIN
from support.api import Reply

CRITERIA = "rjct.search_criteria.invalid"
FILTER = "rjct.filter.invalid"
MARK = "Zebra"  # what was sent is never repeated
BORN = {"attribute_name": "birthdate", "operator": "lt", "attribute_value": "1990-01-31"}
KNOWN = {"attribute_name": "UIN", "operator": "eq", "attribute_value": KNOWN_UIN}


def is_rejected(reply: Reply, code: str) -> str:
    """Check that the message's one item is rejected and carries no data, and return the reason."""
    assert reply.status == 200
    assert reply.json["header"]["status"] == "succ"
    (response,) = reply.items
    assert (response["reference_id"], response["status"], response["status_reason_code"]) == ("r-1", "rjct", code)
    assert response.keys() == {"reference_id", "timestamp", "status", "status_reason_code", "status_reason_message"}
    assert MARK not in reply.text
    return str(response["status_reason_message"])
