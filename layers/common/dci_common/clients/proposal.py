"""A change that waits for a second person, as it is stored in ClientsTable, and as the API shows it.

It is the item `APPROVAL#<id>`, `APPROVAL`:

| attribute | holds |
|---|---|
| `proposal` | the members that its digest binds, as JSON: who asked for what, of which version of what |
| `digest` | the SHA-256 of these |
| `status` | `waiting`, `approved`, `rejected` or `withdrawn` |
| `decided`, `decided_by`, `decided_by_name` | when and by whom that was decided |
| `listed`, `name_key` | `APPROVAL`, and the time and the id, which put it into the index `clients` |

It never holds a secret: of one for callbacks it has the version, which Secrets Manager has (see callback_secrets.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from dci_common.clients.items import client_from_item
from dci_common.clients.log import changes_between
from dci_common.clients.views import ClientView, View, client_view
from dci_common.clients.widening import BOOKKEEPING
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item

LISTED = "APPROVAL"
LIFETIME_SECONDS = 7 * 86_400
Act = Literal["created", "updated", "enabled", "operator_enabled"]
Decision = Literal["approved", "rejected", "withdrawn"]
ApprovalStatus = Literal["waiting", "approved", "rejected", "withdrawn", "expired"]
APPROVAL_STATUSES: tuple[ApprovalStatus, ...] = get_args(ApprovalStatus)


class Decided(NamedTuple):
    """What was decided of a proposal, when (a timestamp) and by whom."""

    status: Decision
    at: str
    by: str
    by_name: str | None = None


class Proposal(NamedTuple):
    """A change that somebody asked for.

    `client_id` is the client's, or the operator's whom it would enable, and `version` the one of these that it was
    made for; 0 is a new client. `before` and `after` are items as the table has them, the former None for a new
    client. `until` is in epoch seconds. `asked_by` and `asked_by_name` are as in the log.
    """

    approval_id: str
    act: Act
    client_id: str
    name: str
    version: int
    widens: tuple[str, ...]
    before: Item | None
    after: Item
    asked: str
    asked_by: str
    asked_by_name: str | None
    until: int
    decided: Decided | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of all but the decision, by which an approver says what they have seen."""
        return hashlib.sha256(_bound_text(self).encode()).hexdigest()

    @property
    def callback_secret(self) -> str:
        """The version of the secret for callbacks that waits with it; empty if there is none."""
        if self.act not in {"created", "updated"}:
            return ""
        before, after = (
            client_from_item(item).callbacks.secret_version if item else "" for item in (self.before, self.after)
        )
        return after if after != before else ""

    def status(self, now: float) -> ApprovalStatus:
        """Return how it stands at a moment (epoch seconds)."""
        if self.decided:
            return self.decided.status
        return "waiting" if now < self.until else "expired"


class ApprovalView(View):
    """A change that waits, or waited, for a second person.

    `act` is what the log calls it. `client_id`, `name` and `version` are the client's, or else the operator's whom it
    enables; `version` is 0 for a new client. `widens` lists what it widens, and `decided_by` is who decided.
    """

    approval_id: str
    status: ApprovalStatus
    act: Act
    client_id: str
    name: str
    version: int
    widens: tuple[str, ...]
    asked: str
    asked_by: str
    asked_by_name: str | None = None
    expires: str
    decided: str | None = None
    decided_by: str | None = None
    decided_by_name: str | None = None


class WaitingChange(ApprovalView):
    """The answer to a change that waits; `message` says who may approve it."""

    message: str


class StatusOnly(View):
    """The status of an operator."""

    status: str


class ShownApproval(ApprovalView):
    """A change with the client, or the status of the operator, `before` and `after` it, and what differs.

    A new client has no `before`.
    """

    before: ClientView | StatusOnly | None = None
    after: ClientView | StatusOnly
    changes: dict[str, Any]


def proposal_key(approval_id: str) -> Item:
    """Return the key of a proposal."""
    return {"pk": {"S": f"APPROVAL#{approval_id}"}, "sk": {"S": "APPROVAL"}}


def proposal_item(proposal: Proposal) -> Item:
    """Return the item of a proposal."""
    decided = proposal.decided
    by_name = {"decided_by_name": decided.by_name} if decided and decided.by_name else {}
    decision = {"decided": decided.at, "decided_by": decided.by, **by_name} if decided else {}
    texts = {
        "proposal": _bound_text(proposal),
        "digest": proposal.digest,
        "status": decided.status if decided else "waiting",
        "listed": LISTED,
        "name_key": f"{proposal.asked}#{proposal.approval_id}",
        **decision,
    }
    return {**proposal_key(proposal.approval_id), **{name: {"S": text} for name, text in texts.items()}}


def proposal_from_item(item: Mapping[str, Any]) -> Proposal:
    """Return the proposal of an item, whose digest is that of what the item holds, and not the one beside it."""
    stored = json.loads(item["proposal"]["S"])
    bound = {name: stored[name] for name in Proposal._fields if name in stored}
    bound |= {"widens": tuple(stored["widens"]), "decided": None}
    texts = {name: item[name]["S"] for name in ("decided", "decided_by", "decided_by_name") if name in item}
    if "decided" not in texts:
        return Proposal(**bound)
    decided = Decided(item["status"]["S"], texts["decided"], texts["decided_by"], texts.get("decided_by_name"))
    return Proposal(**bound | {"decided": decided})


def approval_view(proposal: Proposal, now: float) -> dict[str, Any]:
    """Return a proposal as JSON, without what would change."""
    return ApprovalView(**_members(proposal, now)).to_json()


def waiting_view(proposal: Proposal, now: float, message: str) -> dict[str, Any]:
    """Return a proposal as JSON, with a sentence for the requester."""
    return WaitingChange(**_members(proposal, now), message=message).to_json()


def shown_view(proposal: Proposal, now: float) -> dict[str, Any]:
    """Return a proposal as JSON, with what it is about before and after."""
    before, after = _shown(proposal, proposal.before), _shown(proposal, proposal.after)
    changes = {
        name: change.model_dump(mode="json", exclude_none=True)
        for name, change in changes_between(before or {}, after or {}).items()
        if name not in BOOKKEEPING
    }
    return {
        **approval_view(proposal, now),
        **({"before": before} if before else {}),
        "after": after,
        "changes": changes,
    }


def _shown(proposal: Proposal, item: Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    if proposal.act == "operator_enabled":
        return {"status": item["status"]["S"]}
    return client_view(client_from_item(item))


def _members(proposal: Proposal, now: float) -> dict[str, Any]:
    same = ("approval_id", "act", "client_id", "name", "version", "widens", "asked", "asked_by", "asked_by_name")
    decided = proposal.decided
    decision = (
        {"decided": decided.at, "decided_by": decided.by, "decided_by_name": decided.by_name} if decided else {}
    )
    return {
        **{name: getattr(proposal, name) for name in same},
        "status": proposal.status(now),
        "expires": timestamp(proposal.until),
        **decision,
    }


def _bound_text(proposal: Proposal) -> str:
    return json.dumps(proposal._replace(decided=None)._asdict(), sort_keys=True)
