"""The paths of changes that wait for a second person, and the answer to such a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dci_cli.openapi.schemas import ref
from dci_common.clients.proposal import APPROVAL_STATUSES

Tree = dict[str, Any]
_STATUS = "status of an approval"  # another one than a client's
APPROVAL_QUERY: Tree = {_STATUS: {"enum": list(APPROVAL_STATUSES)}}


def approval_paths(read: Callable[..., Tree], change: Callable[..., Tree]) -> Tree:
    """Return the paths; `read` and `change` make operations for administrators."""
    approval = "/approvals/{approval_id}"
    people: Tree = {"security": [{"operator": []}]}
    return {
        "/approvals": {"get": read("List changes that wait, or waited", "Approvals", "limit", "next", _STATUS)},
        approval: {"get": read("Show a change that waits", "ShownApproval")},
        f"{approval}/approve": {"post": change("Approve a change", 200, "ApprovalView") | people},
        f"{approval}/reject": {"post": change("Reject a change", 200, "ApprovalView") | people},
        f"{approval}/withdraw": {"post": change("Withdraw a change of one's own", 200, "ApprovalView")},
    }


def may_wait(change: Tree) -> Tree:
    """Return a change that is answered with 202 where it waits for a second person."""
    content = {"application/json": {"schema": ref("WaitingChange")}}
    waits = {"description": "It waits for a second person, and nothing has changed", "content": content}
    return change | {"responses": {**change["responses"], "202": waits}}
